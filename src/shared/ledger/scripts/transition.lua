-- Moves one item from one state to another, or does nothing.
--
-- KEYS  1 item hash   2 counts (all batches)   3 active set (items in progress, by when they are overdue)
--       4 at-gate set (taken from a backlog, not yet submitted)
-- ARGV  1 key prefix   2 item id   3 states it may come from, comma separated   4 state it goes to, '' to stay
--       5 expected number of attempts, or ''   6 expected latest task id, or ''
--       7 milliseconds until the item is overdue, '' for never, 'same' to keep it
--       8… changes, three each: operation, field, value
--          set F V · del F - · add F N (a whole number; items and their batches count it) · push F V (comma list) · unshift F V (in front)
--          increase F N (only the item counts it)
--          tally F N (added to the item; its batches count the items where it is above zero)
--          list F V · unlist F V (a name in a comma list) · follow F TASK (moved to the end of the list: it counts from now on)
--          stamp F - (milliseconds since the item was enqueued) · gate - - (the item stays at the gate)
--          renew - - (the first one: a create call that was already sent, see below)
--          unowned - TASK (refused if another item has it)
--          reserve F "ESTIMATE BASE PER UNIT" (the last two may be absent) or '' · charge F N · spend F N · release F - (credits, see below) · spend-beside F "N TASK" (a secondary task)
-- Returns {1, new state, ''}, with 'dearer' in the third place if the batch was paused because its tasks cost more than
-- announced; or, if nothing happened, {0, current state ('' if unknown), why}; why is 'state', 'known-task' (the task id
-- is already recorded), 'task-of-another' (at another item), 'paused' (the batch or everything is paused),
-- 'redis-restarted' (this server may have lost create calls, and not all workers have recorded them again),
-- 'budget-wait' (the batch's budget may have room again, because tasks are open) or 'budget-out' (it will not).
--
-- Invariant: an item is counted in exactly one state, in each of its batches and in total; a repeated call
-- finds that the item has left the expected state and changes nothing; a task id is listed once.
-- Invariant of the budget: `committed` of the batch that pays (the item's first) is the cost of its tasks, and the
-- possible cost of those without a known price. It never exceeds `budget` if estimates are right, however many workers
-- submit, and otherwise at most by one task's price: until a price is known in this batch, one task is created alone,
-- and tasks without an estimate only so many at once that all but the most expensive one fit. A reservation becomes the
-- cost in the record (charge, while the task runs; spend, at its end), is released if nothing was charged (release), or
-- stays if the cost is unknown (a lost answer) until that task's record is read (spend-beside, once per task). Fields of
-- the item: `q` reserved, `i` estimate, `k` charged for the last task, `l` reserved for lost answers, `p` secondary
-- tasks whose cost was counted, and, with `=` before them, those that became current again (retry-items.lua).
local item, counts, active, atGate = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, id, to = ARGV[1], ARGV[2], ARGV[4]
local record = redis.call('HMGET', item, 's', 'b', 'o', 'a', 't', 'e', 'r')
local from, tasks = record[1], record[5] or ''
if not from then return { 0, '', 'state' } end
if to == '' then to = from end

local lastTask = string.match(tasks, '[^,]*$')
if not lists(ARGV[3], from)
  or (ARGV[5] ~= '' and ARGV[5] ~= (record[4] or '0'))
  or (ARGV[6] ~= '' and ARGV[6] ~= lastTask) then
  return { 0, from, 'state' }
end

local batches = { prefix .. ':batch:' .. record[2] }
for name in eachName(record[3]) do
  batches[#batches + 1] = prefix .. ':batch:' .. name
end
local payer = batches[1]
-- Whole numbers: HINCRBYFLOAT formats each sum as a long double, which takes several times as long.
local function count(field, by)
  for _, batch in ipairs(batches) do redis.call('HINCRBY', batch, field, by) end
end
local function sum(field, by)
  for _, batch in ipairs(batches) do redis.call('HINCRBYFLOAT', batch, 'sum:' .. field, by) end
end

local function isOfAnother(taskId)
  local packed = redis.call('HGET', placeOfTask(prefix, taskId))
  if not packed then return false end
  local owner = packed
  if string.sub(packed, 1, 1) == '=' then
    owner = 's_' .. string.gsub(string.sub(packed, 2), '.', function(byte) return string.format('%02x', string.byte(byte)) end)
  end
  return owner ~= id and lists(redis.call('HGET', prefix .. ':item:' .. owner, 't'), taskId)
end

local function fund(field) return tonumber(redis.call('HGET', payer, field) or '0') end

-- What a task will cost: its estimate, raised by what tasks of this batch have cost beyond theirs; without an estimate
-- the highest price that was seen in this batch; nil before any was.
local function expected(estimate)
  if estimate then return estimate * math.max(1, fund('ratio')) end
  local dearest = fund('dearest')
  return dearest > 0 and dearest or nil
end

-- Tasks without an estimate may cost several times what was seen so far.
local spread, tolerance = 4, 1e-6
local function budgetRefusal(estimate)
  local funds = redis.call('HMGET', payer, 'budget', 'committed', 'submitting', 'processing', 'unseen', 'seen')
  if not funds[1] then return nil end
  local room = tonumber(funds[1]) - (tonumber(funds[2]) or 0)
  local underWay = (tonumber(funds[3]) or 0) + (tonumber(funds[4]) or 0)
  local price = expected(estimate)
  local fits = room > tolerance
  if price then fits = price <= room + tolerance end
  if not fits then return underWay > 0 and 'budget-wait' or 'budget-out' end
  -- An earlier call of this link whose answer was lost shows no price any more.
  local unseen = (tonumber(funds[5]) or 0) - redis.call('HEXISTS', item, 'q')
  if unseen <= 0 or underWay == 0 then return nil end
  if estimate then return (tonumber(funds[6]) or 0) == 0 and 'budget-wait' or nil end
  return not (price and unseen * spread * price <= room) and 'budget-wait' or nil
end

local function noteBudgetWait()
  local committed = redis.call('HGET', payer, 'committed') or '0'
  if redis.call('HGET', payer, 'tight') ~= committed then
    redis.call('HSET', payer, 'tight', committed, 'tight-tries', 0)
  end
  redis.call('HINCRBY', payer, 'tight-tries', 1)
end

local function refusalOf(operation, value)
  if operation == 'push' or operation == 'unshift' then
    return lists(tasks, value) and 'known-task' or nil
  end
  if operation == 'unowned' then return isOfAnother(value) and 'task-of-another' or nil end
  if operation ~= 'reserve' then return nil end
  local refusal = budgetRefusal(tonumber(string.match(value, '^%S+')))
  if refusal == 'budget-wait' then noteBudgetWait() end
  return refusal
end

-- The batch that submits a link and pays for it: the first that lists it, or, while that is paused, the next that is not.
local function isPaused(batch) return redis.call('HGET', batch, 'paused') == '1' end
local function nameOf(batch) return string.sub(batch, #prefix + #':batch:' + 1) end
local function passToBatchThatRuns()
  for i = 2, #batches do
    if not isPaused(batches[i]) then
      moveReservations(item, payer, batches[i])
      table.insert(batches, 1, table.remove(batches, i))
      payer = batches[1]
      local names = {}
      for position, batch in ipairs(batches) do names[position] = nameOf(batch) end
      redis.call('HSET', item, 'b', names[1], 'o', table.concat(names, ',', 2))
      return
    end
  end
end

failIfOutOfMemory()

-- A restarted server, or one that took over, may have lost its last second: a link that is queued here may be paid.
-- Checked by the id of the run that all workers have settled (settle-run.lua).
local isRenewed = ARGV[8] == 'renew'
local function isSettled()
  local info = redis.pcall('INFO', 'server')
  local run = type(info) == 'string' and string.match(info, 'run_id:(%x+)')
  if not run then return true end
  local settled = redis.call('GET', prefix .. ':settled-run')
  if not settled then redis.call('SET', prefix .. ':settled-run', run) end
  return not settled or settled == run
end
if from == 'queued' and to == 'submitting' and not isRenewed and not isSettled() then
  return { 0, from, 'redis-restarted' }
end

-- What met a pause at the gate waits in front of the backlogs again.
if from == 'queued' and to == 'submitting' and not isRenewed then
  local isAllPaused = redis.call('EXISTS', prefix .. ':paused') == 1
  if not isAllPaused and isPaused(payer) then passToBatchThatRuns() end
  if isAllPaused or isPaused(payer) then
    redis.call('SREM', atGate, id)
    redis.call('ZREM', active, id)
    for _, batch in ipairs(batches) do
      redis.call('LPUSH', batch .. ':backlog', id)
      if not isPaused(batch) then redis.call('ZADD', prefix .. ':rotation', 'NX', 0, nameOf(batch)) end
    end
    return { 0, from, 'paused' }
  end
end

for i = 8, #ARGV, 3 do
  local refusal = refusalOf(ARGV[i], ARGV[i + 2])
  if refusal then return { 0, from, refusal } end
end

-- Items that return to a cancelled batch are cancelled.
local attention = ARGV[7]
local isOnItsWayBack = to == 'queued' and (from == 'submitting' or from == 'processing')
if isOnItsWayBack and not batches[2] and redis.call('HGET', payer, 'stopped') == '1' then
  to, attention = 'cancelled', ''
end

local function reserved() return tonumber(redis.call('HGET', item, 'q') or '0') end
local function commit(by) if by ~= 0 then redis.call('HINCRBYFLOAT', payer, 'committed', by) end end

-- The task's price is known, or never will be: it no longer counts as an open price.
local function closeReservation()
  if redis.call('HDEL', item, 'q') == 1 and fund('unseen') > 0 then redis.call('HINCRBY', payer, 'unseen', -1) end
end

local function reserve(estimate, text)
  -- What an earlier call whose answer was lost may cost is still open.
  if reserved() > 0 then redis.call('HINCRBYFLOAT', item, 'l', reserved()) end
  closeReservation()
  local price = expected(estimate) or 0
  commit(price)
  redis.call('HSET', item, 'q', price)
  redis.call('HINCRBY', payer, 'unseen', 1)
  if estimate then
    redis.call('HSET', item, 'i', text)
  else
    redis.call('HDEL', item, 'i')
    redis.call('HSET', payer, 'blind', '1')
  end
end

-- A price was seen. One that is higher than was announced pauses the batch, until a person agrees to it.
local isDearer = false
local function learnPrice(credits)
  local estimate = tonumber(string.match(redis.call('HGET', item, 'i') or '', '^%S+'))
  redis.call('HINCRBY', payer, 'seen', 1)
  if estimate and estimate > 0 and credits / estimate > fund('ratio') then
    redis.call('HSET', payer, 'ratio', credits / estimate)
  end
  if credits > fund('dearest') then redis.call('HSET', payer, 'dearest', credits) end
  if redis.call('HEXISTS', payer, 'price') == 1 and credits > fund('price') then
    redis.call('HSET', payer, 'price', credits)
  end
  local terms = redis.call('HMGET', payer, 'announced', 'agreed', 'budget', 'paused')
  -- Without one price for all tasks each has its estimate: where there is a budget, or where that was announced.
  local announced = tonumber(terms[1]) or ((terms[1] or terms[3]) and estimate)
  if not announced or credits <= announced * (tonumber(terms[2]) or 1.05) + 0.01 or terms[4] == '1' then return end
  redis.call('HSET', payer, 'paused', '1', 'dearer', announced .. ' ' .. credits)
  redis.call('ZREM', prefix .. ':rotation', string.sub(payer, #prefix + #':batch:' + 1))
  isDearer = true
end

-- The cost of the task in its record so far; a new value replaces the earlier one.
local function charge(field, credits, isLast)
  -- Only a reservation is open if no task is, or if the task was counted as a secondary one while the link was cancelled or
  -- had failed.
  local isTaskOpen = from == 'processing' or from == 'downloading'
  if not isTaskOpen or lists(redis.call('HGET', item, 'p') or '', lastTask) then
    commit(-reserved())
    closeReservation()
    return
  end
  local before = tonumber(redis.call('HGET', item, 'k') or '0')
  if credits ~= before then
    redis.call('HINCRBYFLOAT', item, field, credits - before)
    sum(field, credits - before)
  end
  commit(credits - before - reserved())
  closeReservation()
  if credits > before then learnPrice(credits) end
  if isLast then redis.call('HDEL', item, 'i') end
  -- Kept after the end: a retry may poll the same task again, and the vendor may answer a later call with it.
  if credits == 0 then redis.call('HDEL', item, 'k') else redis.call('HSET', item, 'k', credits) end
end

local function spendBeside(field, credits, task)
  local counted = redis.call('HGET', item, 'p') or ''
  if lists(counted, task) or lists(counted, '=' .. task) then return end
  redis.call('HSET', item, 'p', counted == '' and task or (counted .. ',' .. task))
  -- An ended item's own call may be the one whose answer was lost.
  local isEnded = from == 'failed' or from == 'cancelled'
  local pool = isEnded and redis.call('HEXISTS', item, 'l') == 0 and 'q' or 'l'
  local open = tonumber(redis.call('HGET', item, pool) or '0')
  local reservation = math.min(open, math.max(tonumber(credits), fund('price')))
  redis.call('HINCRBYFLOAT', item, field, credits)
  sum(field, credits)
  commit(tonumber(credits) - reservation)
  if tonumber(credits) > fund('dearest') then redis.call('HSET', payer, 'dearest', credits) end
  if open > reservation then
    redis.call('HINCRBYFLOAT', item, pool, -reservation)
  elseif pool == 'q' then
    closeReservation()
  else
    redis.call('HDEL', item, pool)
  end
end

local function listed(field, value)
  local names = {}
  for name in eachName(redis.call('HGET', item, field)) do
    if name ~= value then names[#names + 1] = name end
  end
  return names
end

local function setList(field, names)
  if #names == 0 then redis.call('HDEL', item, field) else redis.call('HSET', item, field, table.concat(names, ',')) end
end

-- The cost of a secondary task that is followed from now on is counted as that of any task, unless it was already counted.
local function follow(field, task)
  local names = listed(field, task)
  names[#names + 1] = task
  setList(field, names)
  redis.call('HDEL', item, 'k')
  -- What the task before may have cost is still open.
  if reserved() > 0 then redis.call('HINCRBYFLOAT', item, 'l', reserved()) end
  closeReservation()
  local counted = redis.call('HGET', item, 'p') or ''
  if lists(counted, task) then return end
  if not lists(counted, '=' .. task) then
    redis.call('HSET', item, 'p', counted == '' and '=' .. task or (counted .. ',=' .. task))
  end
  local open = tonumber(redis.call('HGET', item, 'l') or '0')
  if open == 0 then return end
  local likely = math.max(fund('price'), fund('dearest'))
  local reservation = likely > 0 and math.min(open, likely) or open
  if open > reservation then
    redis.call('HINCRBYFLOAT', item, 'l', -reservation)
  else
    redis.call('HDEL', item, 'l')
  end
  redis.call('HSET', item, 'q', reservation)
  redis.call('HINCRBY', payer, 'unseen', 1)
end

-- Whose create call it was matters no more: it has been answered, or its answer is known to be lost.
if from == 'submitting' and ARGV[4] ~= '' then redis.call('HDEL', item, 'w') end

local reason
for i = 8, #ARGV, 3 do
  local operation, field, value = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if operation == 'set' then
    redis.call('HSET', item, field, value)
    if field == 'r' then reason = value end
  elseif operation == 'del' then
    redis.call('HDEL', item, field)
  elseif operation == 'add' then
    redis.call('HINCRBY', item, field, value)
    count('sum:' .. field, value)
  elseif operation == 'increase' then
    redis.call('HINCRBY', item, field, value)
  elseif operation == 'tally' then
    local before = tonumber(redis.call('HGET', item, field) or '0')
    local after = math.max(0, before + tonumber(value))
    if after == 0 then redis.call('HDEL', item, field) else redis.call('HSET', item, field, after) end
    if (before > 0) ~= (after > 0) then count('sum:' .. field, after > 0 and 1 or -1) end
  elseif operation == 'push' then
    if tasks ~= '' then redis.call('HDEL', item, 'k') end
    redis.call('HSET', item, field, tasks == '' and value or (tasks .. ',' .. value))
    indexTask(prefix, value, id)
  elseif operation == 'unshift' then
    redis.call('HSET', item, field, tasks == '' and value or (value .. ',' .. tasks))
    indexTask(prefix, value, id)
  elseif operation == 'list' then
    local names = listed(field, value)
    names[#names + 1] = value
    setList(field, names)
  elseif operation == 'unlist' then
    setList(field, listed(field, value))
  elseif operation == 'follow' then
    follow(field, value)
  elseif operation == 'stamp' then
    redis.call('HSET', item, field, redisTime() - tonumber(record[6]))
  elseif operation == 'gate' then
    redis.call('SADD', atGate, id)
  elseif operation == 'reserve' then
    reserve(tonumber(string.match(value, '^%S+')), value)
  elseif operation == 'release' then
    charge(field, 0, true)
  elseif operation == 'charge' then
    charge(field, tonumber(value), false)
  elseif operation == 'spend' then
    charge(field, tonumber(value), true)
  elseif operation == 'spend-beside' then
    spendBeside(field, string.match(value, '^(%S+) (%S+)$'))
  end
end

if from == 'failed' and record[7] then count('failed:' .. record[7], -1) end
if to == 'failed' and reason then count('failed:' .. reason, 1) end
if to == 'cancelled' or (from == 'queued' and to ~= 'queued') then redis.call('SREM', atGate, id) end
for _, batch in ipairs(batches) do
  if isListedState[from] and from ~= to then redis.call('ZREM', batch .. ':' .. from, id) end
  if isListedState[to] and from ~= to then redis.call('ZADD', batch .. ':' .. to, redisTime(), id) end
end
if from ~= to then
  redis.call('HSET', item, 's', to)
  redis.call('HINCRBY', counts, from, -1)
  redis.call('HINCRBY', counts, to, 1)
  count(from, -1)
  count(to, 1)
end
if attention == '' then
  redis.call('ZREM', active, id)
elseif attention ~= 'same' then
  redis.call('ZADD', active, redisTime() + tonumber(attention), id)
end
return { 1, to, isDearer and 'dearer' or '' }
