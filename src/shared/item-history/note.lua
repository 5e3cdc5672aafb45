-- Notes one event of an item's story, and adds to the measures of the whole.
--
-- KEYS  1 the item's story (list)   2 measures (hash of counters)
-- ARGV  1 event: JSON array {instant in ms, kind, words}   2 entries kept, at most   3 ms until the story is forgotten
--       4… measures, two each: field, number to add
-- Returns nothing.
--
-- Invariant: a story is bounded: the same event again (a task that is still running, a halt that still stands) is
-- counted in the entry that is there, as its fourth element, and of too many entries the oldest but one leaves.
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
