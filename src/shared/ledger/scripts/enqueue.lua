-- Enqueues a chunk of links in a batch; each becomes an item, or is an existing one.
--
-- KEYS  1 batch hash   2 batch's item list   3 batch's backlog   4 counts (all batches)   5 set of batches
--       6 rotation (batches with a backlog, by their turn)
-- ARGV  1 key prefix   2 batch name   3 when this run began, ms ('' = now)   4 '1' to enqueue finished items again
-- (--force)
--       5 field of the batch hash for what links share, '' for nothing   6 that, as JSON
--       7… links, four each: item id, url ('' if the url follows from the id), inputs ('' for none), the kept columns
-- of the list's row ('' for none)
-- Returns {now in ms, one letter per link}:
--   a accepted · r accepted again, having been among this batch's saved ones (counts as a) · d duplicate
--   s saved before this run · j saved before and new in this batch (counts as s)
--
-- Invariant: an item is in a batch's list once, and is counted once in each of its batches; a known link changes
-- nothing, so a repeat after a crash is harmless. What links share is stored in every batch that lists one of them,
-- whichever of these the item belongs to later.
local prefix, name, force = ARGV[1], ARGV[2], ARGV[4] == '1'
local batch, items, backlog, counts, batches, rotation = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local now = redisTime()
local since = ARGV[3] == '' and now or tonumber(ARGV[3])
local itemPrefix = prefix .. ':item:'

if redis.call('ZADD', batches, 'NX', now, name) == 1 then redis.call('HSETNX', batch, 'createdAt', now) end

if ARGV[5] ~= '' then redis.call('HSET', batch, ARGV[5], ARGV[6]) end

local answers, newItems, waiting, waitingToo, joined = {}, {}, {}, {}, {}

local function isShared(inputs) return string.sub(inputs, 1, 1) == '#' end

local function takeAgain(key, id, inputs, state, home, others)
  local moved = {}
  if home ~= name then
    for other in eachName(home .. ',' .. (others or '')) do
      if other ~= name then moved[#moved + 1] = other end
    end
    redis.call('HSET', key, 'b', name)
    redis.call('HSET', key, 'o', table.concat(moved, ','))
  else
    for other in eachName(others) do moved[#moved + 1] = other end
  end
  local reason, bytes = unpack(redis.call('HMGET', key, 'r', 'n'))
  for _, other in ipairs(moved) do
    local otherBatch = prefix .. ':batch:' .. other
    if isShared(inputs) then redis.call('HSET', otherBatch, ARGV[5], ARGV[6]) end
    redis.call('HINCRBY', otherBatch, state, -1)
    if bytes then redis.call('HINCRBYFLOAT', otherBatch, 'sum:n', -bytes) end
    redis.call('HINCRBY', otherBatch, 'queued', 1)
    if reason then redis.call('HINCRBY', otherBatch, 'failed:' .. reason, -1) end
  end
  local member = home == name or lists(others, name)
  if member then
    redis.call('HINCRBY', batch, state, -1)
    if bytes then redis.call('HINCRBYFLOAT', batch, 'sum:n', -bytes) end
    if reason then redis.call('HINCRBY', batch, 'failed:' .. reason, -1) end
  else
    newItems[#newItems + 1] = id
    if tonumber(redis.call('HGET', key, 'x') or '0') > 0 then redis.call('HINCRBYFLOAT', batch, 'sum:x', 1) end
  end
  redis.call('HINCRBY', counts, state, -1)
  redis.call('HDEL', key, 'r', 'g', 'a', 'm', 'd', 'v', 'n', 'h', 'f', 'y', 'j', unpack(inputFields))
  -- Requested by a person: the tasks so far do not count against the link.
  local tasks = select(2, string.gsub(redis.call('HGET', key, 't') or '', '[^,]+', ''))
  if tasks > 0 then redis.call('HSET', key, 'j', tasks) end
  keepInputs(key, inputs)
  redis.call('HSET', key, 's', 'queued', 'e', now)
  waiting[#waiting + 1] = id
  return member and state == 'saved' and 'r' or 'a'
end

local function join(key, id, state, home, others)
  copySharedInputs(prefix, key, home, batch)
  redis.call('HSET', key, 'o', others and others ~= '' and (others .. ',' .. name) or name)
  newItems[#newItems + 1] = id
  -- In the backlogs of both: the first batch that runs submits it.
  if state == 'queued' then waitingToo[#waitingToo + 1] = id end
  joined[state] = (joined[state] or 0) + 1
  local bytes, credits, unsure = unpack(redis.call('HMGET', key, 'n', 'c', 'x'))
  if bytes then redis.call('HINCRBYFLOAT', batch, 'sum:n', bytes) end
  -- Transitions count what is given back, too. For a link that was saved before, this batch spends nothing.
  if credits and state ~= 'saved' then redis.call('HINCRBYFLOAT', batch, 'sum:c', credits) end
  if tonumber(unsure or '0') > 0 then redis.call('HINCRBYFLOAT', batch, 'sum:x', 1) end
  if isListedState[state] then redis.call('ZADD', batch .. ':' .. state, now, id) end
  if state == 'failed' then
    local reason = redis.call('HGET', key, 'r')
    if reason then redis.call('HINCRBY', batch, 'failed:' .. reason, 1) end
  end
end

-- A link whose record has been removed (remove-items.lua) is still known as paid and saved.
local remembersAny = redis.call('EXISTS', prefix .. ':remembered') == 1
local function recall(key, id, url, inputs, file)
  redis.call('HSET', key, 's', 'saved', 'b', name, 'e', math.max(now, since), 'f', file)
  if url ~= '' then redis.call('HSET', key, 'u', url) end
  keepInputs(key, inputs)
  redis.call('HINCRBY', counts, 'saved', 1)
  newItems[#newItems + 1] = id
  joined.saved = (joined.saved or 0) + 1
  return 'j'
end

for i = 7, #ARGV, 4 do
  local id, url, inputs, row = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local key = itemPrefix .. id
  local record = redis.call('HMGET', key, 's', 'b', 'o', 'e', 'v')
  local state, home, others = record[1], record[2], record[3]
  local answer
  local file = not state and remembersAny and not force and rememberedFile(prefix, id)
  if file then
    answer = recall(key, id, url, inputs, file)
  elseif not state then
    if url == '' then
      redis.call('HSET', key, 's', 'queued', 'b', name, 'e', now)
    else
      redis.call('HSET', key, 's', 'queued', 'b', name, 'e', now, 'u', url)
    end
    keepInputs(key, inputs)
    newItems[#newItems + 1] = id
    waiting[#waiting + 1] = id
    answer = 'a'
  else
    local ended = isEndState[state]
    local thisRun = tonumber(record[4]) >= since and home == name
    if force and ended and not thisRun then
      answer = takeAgain(key, id, inputs, state, home, others)
    else
      local before = state == 'saved' and tonumber(record[4]) + tonumber(record[5] or 0) < since
      local member = home == name or lists(others, name)
      if not member then join(key, id, state, home, others) end
      answer = before and (member and 's' or 'j') or 'd'
    end
  end
  -- The row of a link that was known already stays the first one.
  if row ~= '' and answer ~= 'd' and answer ~= 's' then redis.call('HSET', key, 'R', row) end
  answers[#answers + 1] = answer
end

append(items, newItems)
append(backlog, waiting)
append(backlog, waitingToo)
if #waiting > 0 then
  redis.call('HINCRBY', batch, 'queued', #waiting)
  redis.call('HINCRBY', counts, 'queued', #waiting)
end
if #waiting + #waitingToo > 0 then
  redis.call('HDEL', batch, 'stopped')
  joinRotation(rotation, batch, name)
end
for state, number in pairs(joined) do redis.call('HINCRBY', batch, state, number) end
return { now, table.concat(answers) }
