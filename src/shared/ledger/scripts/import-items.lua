-- Takes items over from another ledger, as they were there.
--
-- KEYS  1 batch hash   2 batch's item list   3 batch's backlog   4 counts (all batches)   5 set of batches
--       6 rotation   7 active set
-- ARGV  1 key prefix   2 batch name   3… items as JSON: {id, hash in hex or '', {field: value, …}, inputs ('' for none)}
-- Returns {taken over, known already}.
--
-- Invariant: an item that this ledger knows stays as it is, whatever is said of it elsewhere; the batch lists it. One
-- that it has forgotten, but remembers as paid and saved, comes back as saved: it is never paid again.
-- What was under way is due now: the sweep makes its job, and a create call whose answer was not known when the items
-- were exported is treated like any lost answer. What has been spent counts against a budget of the batch.
local prefix, name = ARGV[1], ARGV[2]
local batch, items, backlog, counts, batches, rotation, active = unpack(KEYS)
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
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
  if isListedState[state] then redis.call('ZADD', batch .. ':' .. state, now, id) end
end

-- As enqueue.lua finds what remove-items.lua has left.
local remembersAny = redis.call('EXISTS', prefix .. ':remembered') == 1
local function placeOfRemembered(id)
  local digest = redis.sha1hex(id)
  local bucket = math.floor(tonumber(string.sub(digest, 1, 4), 16) / 4)
  local place = redis.call('HGET', prefix .. ':remembered:' .. bucket, bytesOf(string.sub(digest, 5, 24)))
  if not place then return nil end
  if string.sub(place, 1, 1) == '=' then return string.sub(place, 2) end
  local folder = redis.call('HGET', prefix .. ':remembered', 'at:' .. place)
  return folder and (folder .. id .. '.mp4') or ''
end

-- As enqueue.lua stores them.
local inputFields = { 'I', 'J', 'K', 'L' }
local function keepInputs(key, text)
  if text == '' then return end
  local parts = math.ceil(#text / 64)
  if parts > #inputFields then
    redis.call('HSET', key, 'I', text)
    return
  end
  for part = 1, parts do
    redis.call('HSET', key, inputFields[part], string.sub(text, part * 64 - 63, part * 64))
  end
end

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
  if fields.t then indexTasks(id, fields.t) end
  if fields.s == 'queued' then
    redis.call('RPUSH', backlog, id)
    waiting = waiting + 1
  elseif isActiveState[fields.s] then
    redis.call('ZADD', active, now, id)
  end
end

local function joinShared(key, home)
  local reference = string.match(redis.call('HGET', key, 'I') or '', '^#(%x%x%x%x%x%x%x%x)')
  local shared = reference and redis.call('HGET', prefix .. ':batch:' .. home, 'inputs:' .. reference)
  if shared then redis.call('HSET', batch, 'inputs:' .. reference, shared) end
end

-- As enqueue.lua lists a known link in another batch.
local function join(key, id, record)
  joinShared(key, record[2])
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
  local file = not record[1] and remembersAny and fields.s ~= 'saved' and placeOfRemembered(id)
  if record[1] or file then
    known = known + 1
    if file then
      recall(key, id, fields, inputs, file)
    elseif not hasName(record[2], record[3]) then
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
if waiting > 0 and redis.call('HGET', batch, 'paused') ~= '1' then
  local first = redis.call('ZRANGE', rotation, 0, 0, 'WITHSCORES')
  redis.call('ZADD', rotation, 'NX', first[2] or 0, name)
end
return { taken, known }
