-- Removes the records of the next finished items of a batch, but remembers saved ones.
--
-- KEYS  1 batch hash   2 batch's item list   3 counts (all batches)   4 index of remembered places
-- ARGV  1 key prefix   2 batch name   3 how many to check   4 saved before this instant in ms, '' for none
--       5 failed or cancelled before this instant in ms, '' for none
-- Returns {checked, removed, kept, instant in ms at which the first of the kept finished ones is old enough ('' for
-- none)}.
--
-- The list is passed through once: ids are taken from its head, and kept ones are appended to its end, so that the
-- order is restored when the caller has checked as many as there were. A batch without items is deleted.
-- Remembered: 16,384 small hashes `<prefix>:remembered:<bucket>` from ten bytes of the id's digest to the number of its
-- video's place, about 25 bytes a link; enqueue.lua checks them for links it does not know.
-- Invariant: an unfinished item, or one that waits for a person, is kept; one that another batch lists is kept for that
-- batch.
local batch, items, counts, places = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, name = ARGV[1], ARGV[2]
local before = { saved = tonumber(ARGV[4]), failed = tonumber(ARGV[5]), cancelled = tonumber(ARGV[5]) }
local root = redis.call('HGET', batch, 'root') or ''
local home = root .. name .. '/'
local totals, gone, kept, soonest = {}, {}, {}, nil

local function count(field, by) totals[field] = (totals[field] or 0) + by end

local placeNumber
local function numberOfPlace()
  if placeNumber then return placeNumber end
  placeNumber = redis.call('HGET', places, 'of:' .. home)
  if not placeNumber then
    placeNumber = redis.call('HINCRBY', places, 'last', 1)
    redis.call('HSET', places, 'of:' .. home, placeNumber, 'at:' .. placeNumber, home)
  end
  return placeNumber
end

-- Its existence tells enqueue.lua to check for remembered links.
redis.call('HSETNX', places, 'last', 0)

local function remember(id, file)
  -- Somewhere else than usual: the way itself, where it is short enough to keep the hash small.
  local place = file and (#file <= 60 and ('=' .. file) or '0') or numberOfPlace()
  local bucket, field = placeInRemembered(prefix, id)
  redis.call('HSET', bucket, field, place)
end

local function endedAt(record)
  local enqueuedAt = tonumber(record[4])
  return enqueuedAt + math.max(tonumber(record[5] or '0'), tonumber(record[6] or '0'), tonumber(record[7] or '0'))
end

local function without(others)
  local rest = {}
  for other in eachName(others) do
    if other ~= name then rest[#rest + 1] = other end
  end
  return rest
end

local function forget(id, key, record)
  local state, others = record[1], without(record[3])
  count(state, -1)
  if state == 'failed' and record[8] then count('failed:' .. record[8], -1) end
  if record[9] then count('sum:n', -record[9]) end
  if record[10] then count('sum:c', -record[10]) end
  if tonumber(record[11] or '0') > 0 then count('sum:x', -1) end
  if record[2] ~= name then
    redis.call('HSET', key, 'o', table.concat(others, ','))
  elseif #others > 0 then
    moveReservations(key, batch, prefix .. ':batch:' .. others[1])
    redis.call('HSET', key, 'b', table.remove(others, 1), 'o', table.concat(others, ','))
    if state == 'saved' and not record[12] then redis.call('HSET', key, 'f', home .. id .. '.mp4') end
  else
    if state == 'saved' then remember(id, record[12]) end
    for task in eachName(record[13]) do redis.call('HDEL', placeOfTask(prefix, task)) end
    redis.call('DEL', key)
    redis.call('HINCRBY', counts, state, -1)
  end
  gone[#gone + 1] = id
end

local ids = redis.call('LRANGE', items, 0, ARGV[3] - 1)
if #ids > 0 then redis.call('LTRIM', items, #ids, -1) end
for _, id in ipairs(ids) do
  local key = prefix .. ':item:' .. id
  local record = redis.call('HMGET', key, 's', 'b', 'o', 'e', 'm', 'd', 'v', 'r', 'n', 'c', 'x', 'f', 't')
  local limit = before[record[1]]
  if record[1] and limit and endedAt(record) < limit then
    forget(id, key, record)
  elseif record[1] then
    kept[#kept + 1] = id
    if limit then
      local at = endedAt(record)
      if not soonest or at < soonest then soonest = at end
    end
  end
end

append(items, kept)
for i = 1, #gone, 1000 do
  local last = math.min(i + 999, #gone)
  for state in pairs(isListedState) do redis.call('ZREM', batch .. ':' .. state, unpack(gone, i, last)) end
end
for field, by in pairs(totals) do
  -- What links had cost when they were saved before this batch listed them was never counted here.
  if tonumber(redis.call('HINCRBYFLOAT', batch, field, by)) < 0 then redis.call('HSET', batch, field, 0) end
end
return { #ids, #gone, #kept, soonest and string.format('%.0f', soonest) or '' }
