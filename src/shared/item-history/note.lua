-- Records one event of an item's history, and adds to the measures.
--
-- KEYS  1 the item's history (list)   2 measures (hash of counters)
-- ARGV  1 event: JSON array {instant in ms, kind, message}   2 most entries   3 ms until the history expires
--       4… measures, two each: field, number to add
-- Returns nothing.
--
-- Invariant: a history is bounded. A repeated event (a task that still runs, a halt that lasts) is counted in the
-- existing entry, as its fourth element; with too many entries, the oldest but one is removed.
local function add(fields)
  for i = 4, #ARGV, 2 do
    -- Credits and seconds may have decimals; the rest is counted in whole numbers, which is several times as fast.
    local isDecimal = ARGV[i] == 'credits' or string.find(ARGV[i], ':sum$')
    redis.call(isDecimal and 'HINCRBYFLOAT' or 'HINCRBY', fields, ARGV[i], ARGV[i + 1])
  end
end
local event = cjson.decode(ARGV[1])
local last = redis.call('LINDEX', KEYS[1], -1)
local known = last and cjson.decode(last)
if known and known[2] == event[2] and known[3] == event[3] then
  event[4] = (known[4] or 1) + 1
  event[5] = known[5] or known[1]
  redis.call('LSET', KEYS[1], -1, cjson.encode(event))
else
  local length = redis.call('RPUSH', KEYS[1], ARGV[1])
  if length > tonumber(ARGV[2]) then
    redis.call('LSET', KEYS[1], 1, 'x')
    redis.call('LREM', KEYS[1], 1, 'x')
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
add(KEYS[2])
