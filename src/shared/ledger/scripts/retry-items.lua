-- Retries the next failed, cancelled and held items of a batch.
--
-- KEYS  1 batch hash   2 batch's item list   3 counts (all batches)   4 active set   5 rotation
-- ARGV  1 key prefix   2 position to continue from   3 how many to check   4 reason, or '' for all
--       5 comma list of reasons for which a paid task is polled again instead of paying for another
-- Returns {checked, queued again, ids whose task is polled again, ids whose result is downloaded again}.
--
-- Invariant: as in transition.lua an item is counted in one state in each of its batches. Queued items wait in the
-- backlog like any link, so a million retried links take their turn and get no job before it. Collected items are due
-- now in the active set: if the caller dies, the sweep adds their jobs.
local batch, items, counts, active, rotation = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local prefix, reason, collectable = ARGV[1], ARGV[4], ARGV[5]
local now = redisTime()
local ids = redis.call('LRANGE', items, ARGV[2], ARGV[2] + ARGV[3] - 1)
local totals, inAll, backlogs, queued = {}, {}, {}, 0
local collected = { processing = {}, downloading = {} }

local function count(field, by, names)
  for _, each in ipairs(names) do
    local key = prefix .. ':batch:' .. each
    totals[key] = totals[key] or {}
    totals[key][field] = (totals[key][field] or 0) + by
  end
end

-- A secondary task becomes the current one: its cost is counted there, unless it was already counted.
local function followAgain(key, tasks)
  local task = string.match(tasks, '[^,]*$')
  local beside = redis.call('HGET', key, 'p') or ''
  if lists(beside, task) or lists(beside, '=' .. task) then return end
  redis.call('HSET', key, 'p', beside == '' and '=' .. task or (beside .. ',=' .. task))
end

for _, id in ipairs(ids) do
  local key = prefix .. ':item:' .. id
  local record = redis.call('HMGET', key, 's', 'b', 'o', 'r', 't', 'd')
  local state = record[1]
  local isRetried = state ~= 'saved' and (isEndState[state] or state == 'held')
  if isRetried and (reason == '' or record[4] == reason) then
    local names = { record[2] }
    for other in eachName(record[3]) do names[#names + 1] = other end
    local hasTask = (record[5] or '') ~= '' and (state == 'cancelled'
      or (state == 'failed' and lists(collectable, record[4] or '')))
    local to = hasTask and (record[6] and 'downloading' or 'processing') or 'queued'
    redis.call('HSET', key, 's', to)
    count(state, -1, names)
    count(to, 1, names)
    inAll[state] = (inAll[state] or 0) - 1
    inAll[to] = (inAll[to] or 0) + 1
    if state == 'failed' and record[4] then count('failed:' .. record[4], -1, names) end
    for _, each in ipairs(names) do
      if state ~= 'cancelled' then redis.call('ZREM', prefix .. ':batch:' .. each .. ':' .. state, id) end
    end
    if hasTask then
      redis.call('HDEL', key, 'r', 'g')
      if to == 'processing' then followAgain(key, record[5]) end
      redis.call('ZADD', active, now, id)
      table.insert(collected[to], id)
    else
      redis.call('HDEL', key, 'r', 'g', 'a', 'm', 'y', 'j')
      -- Requested by a person: the tasks so far do not count against the link.
      local tasks = select(2, string.gsub(record[5] or '', '[^,]+', ''))
      if tasks > 0 then redis.call('HSET', key, 'j', tasks) end
      backlogs[record[2]] = backlogs[record[2]] or {}
      table.insert(backlogs[record[2]], id)
      queued = queued + 1
    end
  end
end

for key, fields in pairs(totals) do
  for field, by in pairs(fields) do redis.call('HINCRBY', key, field, by) end
end
for state, by in pairs(inAll) do redis.call('HINCRBY', counts, state, by) end
for name, waiting in pairs(backlogs) do
  local home = prefix .. ':batch:' .. name
  append(home .. ':backlog', waiting)
  redis.call('HDEL', home, 'stopped')
  joinRotation(rotation, home, name)
end
return { #ids, queued, collected.processing, collected.downloading }
