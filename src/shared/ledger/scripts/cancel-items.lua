-- Cancels the next items of a stopped batch.
--
-- KEYS  1 batch hash   2 batch's item list   3 counts (all batches)   4 active set   5 at-gate set
--       6 rotation (batches with a backlog, by their turn)
-- ARGV  1 key prefix   2 batch name   3 position to continue from   4 how many to check   5 '1' to abandon paid tasks
-- too
-- Returns {checked, cancelled, of these abandoned with a paid task, paid and still to be collected, with an open create
-- call, left to other batches that list them too}.
--
-- Invariant: as in transition.lua an item is counted in one state in each of its batches. A link that another batch
-- also lists now belongs to that batch: a command never takes a link away from another batch. A repeat finds the items
-- cancelled and changes nothing.
local batch, items, counts, active, atGate, rotation = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local prefix, name, abandon = ARGV[1], ARGV[2], ARGV[5] == '1'
local ids = redis.call('LRANGE', items, ARGV[3], ARGV[3] + ARGV[4] - 1)
local cancelled, from = {}, {}
local abandoned, collecting, calling, left = 0, 0, 0, 0

-- The first of the other batches becomes the one that submits the link, and pays for it.
local function handOver(id, key, others)
  local heir, rest = string.match(others, '^([^,]+),?(.*)$')
  moveReservations(key, batch, prefix .. ':batch:' .. heir)
  redis.call('HSET', key, 'b', heir, 'o', rest == '' and name or (rest .. ',' .. name))
  if redis.call('ZSCORE', active, id) then return end
  local heirBatch = prefix .. ':batch:' .. heir
  redis.call('RPUSH', heirBatch .. ':backlog', id)
  joinRotation(rotation, heirBatch, heir)
end

for _, id in ipairs(ids) do
  local key = prefix .. ':item:' .. id
  local record = redis.call('HMGET', key, 's', 'b', 'o', 'v')
  local state, others = record[1], record[3] or ''
  local isWaiting = state == 'queued' or state == 'held'
  local isPaid = isPaidState[state]
  -- An item that was saved before and is only downloaded again ends as saved: if it were cancelled, it could be paid
  -- again.
  local isAbandoned = isPaid and abandon and not record[4]
  if (isWaiting or isPaid) and record[2] ~= name then
    left = left + 1
  elseif (isWaiting or isAbandoned) and others ~= '' then
    left = left + 1
    if state == 'queued' then handOver(id, key, others) end
  elseif isWaiting or isAbandoned then
    redis.call('HSET', key, 's', 'cancelled')
    cancelled[#cancelled + 1] = id
    from[state] = (from[state] or 0) + 1
    if isPaid then abandoned = abandoned + 1 end
    if state == 'held' then redis.call('ZREM', batch .. ':held', id) end
  elseif isPaid then
    collecting = collecting + 1
  elseif state == 'submitting' then
    calling = calling + 1
  end
end

for i = 1, #cancelled, 1000 do
  local last = math.min(i + 999, #cancelled)
  redis.call('ZREM', active, unpack(cancelled, i, last))
  redis.call('SREM', atGate, unpack(cancelled, i, last))
end
for state, number in pairs(from) do
  for _, hash in ipairs({ batch, counts }) do
    redis.call('HINCRBY', hash, state, -number)
    redis.call('HINCRBY', hash, 'cancelled', number)
  end
end
return { #ids, #cancelled, abandoned, collecting, calling, left }
