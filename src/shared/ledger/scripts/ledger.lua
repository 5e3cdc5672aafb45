-- What several scripts of the ledger do in the same way; ledger-script.ts puts it in front of each of them.

local function redisTime()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Without memory Redis refuses only the commands that need some: this one, which changes nothing, is refused before
-- anything is half done.
local function failIfOutOfMemory() redis.call('SETRANGE', KEYS[1] .. ':memory', 0, '') end

local function append(list, members)
  for i = 1, #members, 1000 do
    redis.call('RPUSH', list, unpack(members, i, math.min(i + 999, #members)))
  end
end

local function lists(commaList, name)
  return commaList and string.find(',' .. commaList .. ',', ',' .. name .. ',', 1, true) ~= nil
end

local function eachName(commaList) return string.gmatch(commaList or '', '[^,]+') end

-- Batches of halted models have passes from here on (take.lua), behind all others.
local firstPassAside = 1e12

local function lowestPass(rotation)
  local pass = redis.call('ZRANGE', rotation, 0, 0, 'WITHSCORES')[2]
  return pass and tonumber(pass) < firstPassAside and pass or 0
end

-- A batch joins with the lowest pass (take.lua); a paused one is not added.
local function joinRotation(rotation, batch, name)
  if redis.call('HGET', batch, 'paused') == '1' then return end
  redis.call('ZADD', rotation, 'NX', lowestPass(rotation), name)
end

-- What is reserved for a link's calls whose answers were lost is committed by the batch that pays for the link: `to` does
-- from now on.
local function moveReservations(item, from, to)
  local open = redis.call('HMGET', item, 'q', 'l')
  local reserved = (tonumber(open[1]) or 0) + (tonumber(open[2]) or 0)
  if reserved ~= 0 then
    redis.call('HINCRBYFLOAT', from, 'committed', -reserved)
    redis.call('HINCRBYFLOAT', to, 'committed', reserved)
  end
  if open[1] and tonumber(redis.call('HGET', from, 'unseen') or '0') > 0 then
    redis.call('HINCRBY', from, 'unseen', -1)
    redis.call('HINCRBY', to, 'unseen', 1)
  end
end

local function bytesOf(hex)
  return (string.gsub(hex, '%x%x', function(pair) return string.char(tonumber(pair, 16)) end))
end

-- One of 16,384 small hashes, and the digest that names the field in it: Redis keeps them in a compact form.
local function placeInIndex(index, text)
  local digest = redis.sha1hex(text)
  return index .. ':' .. math.floor(tonumber(string.sub(digest, 1, 4), 16) / 4), string.sub(digest, 5)
end

-- Finds an item again by its task, in about 35 bytes a task. Two tasks may share a field, so the caller compares with
-- the item.
local function placeOfTask(prefix, taskId)
  local bucket, digest = placeInIndex(prefix .. ':tasks', taskId)
  return bucket, string.sub(digest, 1, 10)
end

local function indexTask(prefix, taskId, id)
  local hex = string.match(id, '^s_(%x+)$')
  local packed = hex and #hex == 32 and hex == string.lower(hex) and ('=' .. bytesOf(hex)) or id
  local bucket, field = placeOfTask(prefix, taskId)
  redis.call('HSET', bucket, field, packed)
end

-- Where remove-items.lua notes the file of an item it has removed.
local function placeInRemembered(prefix, id)
  local bucket, digest = placeInIndex(prefix .. ':remembered', id)
  return bucket, bytesOf(string.sub(digest, 1, 20))
end

local function rememberedFile(prefix, id)
  local place = redis.call('HGET', placeInRemembered(prefix, id))
  if not place then return nil end
  if string.sub(place, 1, 1) == '=' then return string.sub(place, 2) end
  local folder = redis.call('HGET', prefix .. ':remembered', 'at:' .. place)
  return folder and (folder .. id .. '.mp4') or ''
end

-- Up to 64 bytes a value Redis keeps the whole record in its compact form; item-inputs.ts joins the parts.
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

-- What an item shares with others by reference becomes known to the batch that lists it now.
local function copySharedInputs(prefix, key, from, batch)
  local reference = string.match(redis.call('HGET', key, 'I') or '', '^#(%x%x%x%x%x%x%x%x)')
  local shared = reference and redis.call('HGET', prefix .. ':batch:' .. from, 'inputs:' .. reference)
  if shared then redis.call('HSET', batch, 'inputs:' .. reference, shared) end
end
