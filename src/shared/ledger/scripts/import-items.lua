-- Takes items over from another ledger, as they were there.
--
-- KEYS  1 batch hash   2 batch's item list   3 batch's backlog   4 counts (all batches)   5 set of batches
--       6 rotation   7 active set
-- ARGV  1 key prefix   2 batch name   3… items as JSON: {id, hash in hex or '', {field: value, …}}
-- Returns {taken over, known already}.
--
-- Invariant: an item that this ledger knows stays as it is, whatever is said of it elsewhere; the batch lists it.
-- What was under way is due now: the sweep makes its job, and a create call whose answer was not known when the items
-- were exported is treated like any lost answer.
local prefix, name = ARGV[1], ARGV[2]
local batch, items, backlog, counts, batches, rotation, active = unpack(KEYS)
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if redis.call('ZADD', batches, 'NX', now, name) == 1 then redis.call('HSETNX', batch, 'createdAt', now) end

local function bytesOf(hex)
  return (string.gsub(hex, '%x%x', function(pair) return string.char(tonumber(pair, 16)) end))
end

-- As transition.lua notes tasks.
local function indexTasks(id, tasks)
  local hex = string.match(id, '^s_(%x+)$')
  local packed = hex and #hex == 32 and hex == string.lower(hex) and ('=' .. bytesOf(hex)) or id
  for task in string.gmatch(tasks, '[^,]+') do
    local digest = redis.sha1hex(task)
    local bucket = math.floor(tonumber(string.sub(digest, 1, 4), 16) / 4)
    redis.call('HSET', prefix .. ':tasks:' .. bucket, string.sub(digest, 5, 14), packed)
  end
end

local function hasName(home, others)
  return home == name or string.find(',' .. (others or '') .. ',', ',' .. name .. ',', 1, true)
end

local function countInBatch(id, state, reason)
  redis.call('RPUSH', items, id)
  redis.call('HINCRBY', batch, state, 1)
  if state == 'failed' and reason then redis.call('HINCRBY', batch, 'failed:' .. reason, 1) end
  if state == 'failed' or state == 'held' then redis.call('ZADD', batch .. ':' .. state, now, id) end
end

local taken, known, waiting = 0, 0, 0
for i = 3, #ARGV do
  local id, hash, fields = unpack(cjson.decode(ARGV[i]))
  local key = prefix .. ':item:' .. id
  local record = redis.call('HMGET', key, 's', 'b', 'o', 'r')
  if record[1] then
    known = known + 1
    if not hasName(record[2], record[3]) then
      local others = record[3] or ''
      redis.call('HSET', key, 'o', others == '' and name or (others .. ',' .. name))
      countInBatch(id, record[1], record[4])
    end
  else
    taken = taken + 1
    for field, value in pairs(fields) do redis.call('HSET', key, field, value) end
    redis.call('HSET', key, 'b', name)
    if hash ~= '' then redis.call('HSET', key, 'h', bytesOf(hash)) end
    countInBatch(id, fields.s, fields.r)
    redis.call('HINCRBY', counts, fields.s, 1)
    if fields.c then redis.call('HINCRBYFLOAT', batch, 'sum:c', fields.c) end
    if fields.n then redis.call('HINCRBYFLOAT', batch, 'sum:n', fields.n) end
    if fields.x then redis.call('HINCRBYFLOAT', batch, 'sum:x', 1) end
    if fields.t then indexTasks(id, fields.t) end
    if fields.s == 'queued' then
      redis.call('RPUSH', backlog, id)
      waiting = waiting + 1
    elseif fields.s == 'submitting' or fields.s == 'processing' or fields.s == 'downloading' then
      redis.call('ZADD', active, now, id)
    end
  end
end
if waiting > 0 and redis.call('HGET', batch, 'paused') ~= '1' then
  local first = redis.call('ZRANGE', rotation, 0, 0, 'WITHSCORES')
  redis.call('ZADD', rotation, 'NX', first[2] or 0, name)
end
return { taken, known }
