-- Imports items from another ledger, as they were there.
--
-- KEYS  1 batch hash   2 batch's item list   3 batch's backlog   4 counts (all batches)   5 set of batches
--       6 rotation   7 active set
-- ARGV  1 key prefix   2 batch name   3… items as JSON: {id, hash in hex or '', {field: value, …}, inputs ('' for
-- none)}
-- Returns {imported, already known}.
--
-- Invariant: an item that this ledger knows does not change, whatever the import says; the batch lists it. One whose
-- record was removed, but that is remembered as saved, is saved again: it is never paid again.
local prefix, name = ARGV[1], ARGV[2]
local batch, items, backlog, counts, batches, rotation, active = unpack(KEYS)
local now = redisTime()
local function countInBatch(id, state, reason)
  redis.call('RPUSH', items, id)
  redis.call('HINCRBY', batch, state, 1)
  if state == 'failed' and reason then redis.call('HINCRBY', batch, 'failed:' .. reason, 1) end
  if isListedState[state] then redis.call('ZADD', batch .. ':' .. state, now, id) end
end

local remembersAny = redis.call('EXISTS', prefix .. ':remembered') == 1
local function recall(key, id, fields, inputs, file)
  redis.call('HSET', key, 's', 'saved', 'b', name, 'e', fields.e, 'f', file)
  if fields.u then redis.call('HSET', key, 'u', fields.u) end
  keepInputs(key, inputs)
  countInBatch(id, 'saved')
  redis.call('HINCRBY', counts, 'saved', 1)
end

local function add(fields)
  if fields.c then
    redis.call('HINCRBYFLOAT', batch, 'sum:c', fields.c)
    redis.call('HINCRBYFLOAT', batch, 'committed', fields.c)
  end
  if fields.n then redis.call('HINCRBYFLOAT', batch, 'sum:n', fields.n) end
  if fields.x then redis.call('HINCRBYFLOAT', batch, 'sum:x', 1) end
end

local waiting = 0
local function takeOver(key, id, hash, fields, inputs)
  local record = { 'b', name }
  for field, value in pairs(fields) do
    record[#record + 1] = field
    record[#record + 1] = value
  end
  if hash ~= '' then
    record[#record + 1] = 'h'
    record[#record + 1] = bytesOf(hash)
  end
  redis.call('HSET', key, unpack(record))
  keepInputs(key, inputs)
  countInBatch(id, fields.s, fields.r)
  redis.call('HINCRBY', counts, fields.s, 1)
  add(fields)
  for task in eachName(fields.t) do indexTask(prefix, task, id) end
  if fields.s == 'queued' then
    redis.call('RPUSH', backlog, id)
    waiting = waiting + 1
  elseif isActiveState[fields.s] then
    redis.call('ZADD', active, now, id)
  end
end

-- As enqueue.lua lists a known link in another batch.
local function join(key, id, record)
  copySharedInputs(prefix, key, record[2], batch)
  local others = record[3] or ''
  redis.call('HSET', key, 'o', others == '' and name or (others .. ',' .. name))
  countInBatch(id, record[1], record[4])
  if record[5] then redis.call('HINCRBYFLOAT', batch, 'sum:n', record[5]) end
end

local taken, known, oldest = 0, 0, now
for i = 3, #ARGV do
  local id, hash, fields, inputs = unpack(cjson.decode(ARGV[i]))
  local key = prefix .. ':item:' .. id
  local record = redis.call('HMGET', key, 's', 'b', 'o', 'r', 'n')
  oldest = math.min(oldest, tonumber(fields.e))
  local file = not record[1] and remembersAny and fields.s ~= 'saved' and rememberedFile(prefix, id)
  if record[1] or file then
    known = known + 1
    if file then
      recall(key, id, fields, inputs, file)
    elseif record[2] ~= name and not lists(record[3], name) then
      join(key, id, record)
    end
  else
    taken = taken + 1
    takeOver(key, id, hash, fields, inputs)
  end
end
-- A batch is as old as its oldest link, here as it was there.
if oldest < tonumber(redis.call('HGET', batch, 'createdAt') or math.huge) then
  redis.call('HSET', batch, 'createdAt', string.format('%.0f', oldest))
  redis.call('ZADD', batches, oldest, name)
end
if waiting > 0 then joinRotation(rotation, batch, name) end
return { taken, known }
