-- Moves one item from one state to another, or does nothing.
--
-- KEYS  1 item hash   2 counts (all batches)   3 active set (items with work under way, by the time of their next look)
--       4 at-gate set (taken out of a backlog, not yet submitted)
-- ARGV  1 key prefix   2 item id   3 states it may come from, comma separated   4 state it goes to
--       5 expected number of attempts, or ''   6 expected latest task id, or ''
--       7 milliseconds until somebody should look after the item, or '' when nobody needs to
--       8… changes, three each: operation, field, value
--          set F V · del F - · add F N (items and their batches count it) · push F V (comma list)
--          stamp F - (milliseconds since the item was enqueued) · gate - - (the item stays at the gate)
-- Returns {1, new state} or, when the item is in another state or the expectation fails, {0, state it is in ('' if unknown)}.
--
-- Invariant: an item is counted in exactly one state, in each of its batches and in total; a repeated call
-- finds the item already gone from the expected state and changes nothing.
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local item, counts, active, atGate = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, id, to = ARGV[1], ARGV[2], ARGV[4]
local record = redis.call('HMGET', item, 's', 'b', 'o', 'a', 't', 'e', 'r')
local from = record[1]
if not from then return { 0, '' } end

local allowed = false
for state in string.gmatch(ARGV[3], '[^,]+') do
  if state == from then allowed = true end
end
local lastTask = string.match(record[5] or '', '[^,]*$')
if not allowed
  or (ARGV[5] ~= '' and ARGV[5] ~= (record[4] or '0'))
  or (ARGV[6] ~= '' and ARGV[6] ~= lastTask) then
  return { 0, from }
end

local batches = { prefix .. ':batch:' .. record[2] }
for name in string.gmatch(record[3] or '', '[^,]+') do
  batches[#batches + 1] = prefix .. ':batch:' .. name
end
local function count(field, by)
  for _, batch in ipairs(batches) do redis.call('HINCRBYFLOAT', batch, field, by) end
end

-- Finds an item again by its task: small hashes of short fields, about 35 bytes a task.
local function indexTask(taskId)
  local digest = redis.sha1hex(taskId)
  local hex = string.match(id, '^s_(%x+)$')
  local packed = id
  if hex and #hex == 32 and hex == string.lower(hex) then
    packed = '=' .. string.gsub(hex, '%x%x', function(pair) return string.char(tonumber(pair, 16)) end)
  end
  local bucket = math.floor(tonumber(string.sub(digest, 1, 4), 16) / 4)
  redis.call('HSET', prefix .. ':tasks:' .. bucket, string.sub(digest, 5, 14), packed)
end

-- Failed and held items are listed by batch, so that few among a million are found at once.
local function listed(state) return state == 'failed' or state == 'held' end

local reason
for i = 8, #ARGV, 3 do
  local operation, field, value = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if operation == 'set' then
    redis.call('HSET', item, field, value)
    if field == 'r' then reason = value end
  elseif operation == 'del' then
    redis.call('HDEL', item, field)
  elseif operation == 'add' then
    redis.call('HINCRBYFLOAT', item, field, value)
    count('sum:' .. field, value)
  elseif operation == 'push' then
    local list = redis.call('HGET', item, field)
    redis.call('HSET', item, field, list and (list .. ',' .. value) or value)
    if field == 't' then indexTask(value) end
  elseif operation == 'stamp' then
    redis.call('HSET', item, field, now() - tonumber(record[6]))
  elseif operation == 'gate' then
    redis.call('SADD', atGate, id)
  end
end

if from == 'failed' and record[7] then count('failed:' .. record[7], -1) end
if to == 'failed' and reason then count('failed:' .. reason, 1) end
if from == 'queued' then redis.call('SREM', atGate, id) end
for _, batch in ipairs(batches) do
  if listed(from) and from ~= to then redis.call('ZREM', batch .. ':' .. from, id) end
  if listed(to) then redis.call('ZADD', batch .. ':' .. to, now(), id) end
end
if from ~= to then
  redis.call('HSET', item, 's', to)
  redis.call('HINCRBY', counts, from, -1)
  redis.call('HINCRBY', counts, to, 1)
  count(from, -1)
  count(to, 1)
end
if ARGV[7] == '' then
  redis.call('ZREM', active, id)
else
  redis.call('ZADD', active, now() + tonumber(ARGV[7]), id)
end
return { 1, to }
