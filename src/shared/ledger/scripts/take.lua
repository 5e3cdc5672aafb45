-- Takes the next waiting items from the backlogs, batch by batch in turn.
--
-- KEYS  1 rotation (batches with a backlog, by their turn)   2 active set   3 at-gate set (taken, not yet submitted)
-- ARGV  1 key prefix   2 how many should be at the gate   3 milliseconds until a taken item is overdue
--       4 the only batch to take from, or ''   5… halted models: their batches are skipped
-- Returns {ids in the order of submission, batches whose budget is permanently used up, how many were at the gate}; no
-- ids if enough are at the gate, so any number of workers may call this at any time.
--
-- Rule: every batch with a backlog gets one item per turn, a batch of weight w gets w (stride scheduling: the batch
-- with the lowest pass is next, and its pass grows by 1/w). A new batch starts at the lowest pass, so ten links
-- enqueued after ten thousand wait for ten turns, not for ten thousand. A skipped batch does not get its missed turns
-- later. While everything is paused (`<prefix>:paused`) nothing is handed out.
-- Batches of halted models are set aside: they get a pass behind all others, so that the next calls do not look at them
-- again. When the halted models change, they return with the lowest pass. A call moves a bounded number of them.
-- Invariant: an id moves from the backlog to the active set in one step; if the caller dies before it has added a job,
-- the sweep finds it there.
local rotation, active, atGate, prefix = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local now = redisTime()
local waiting = redis.call('SCARD', atGate)
if redis.call('EXISTS', prefix .. ':paused') == 1 then return { {}, {}, waiting } end
local wanted = tonumber(ARGV[2]) - waiting
local halted, haltedModels = {}, {}
local only = ARGV[4]
for i = 5, #ARGV do
  halted[ARGV[i]] = true
  haltedModels[#haltedModels + 1] = ARGV[i]
end
local mostMoved = 1000

local taken, passedOver, exhausted, lastPass = {}, {}, {}, nil

-- Whether a batch may hand out an item, and whether its model is halted; notes it when its money is used up and no task
-- is left to give any back.
local function mayGo(name, batch)
  local f = redis.call('HMGET', batch, 'model', 'budget', 'committed', 'price', 'submitting', 'processing', 'unseen',
    'seen', 'blind', 'dearest', 'tight', 'tight-tries')
  if halted[f[1]] then return false, true end
  if not f[2] then return true end
  local function number(i) return tonumber(f[i] or '0') end
  local room, underWay = number(2) - number(3), number(5) + number(6)
  if room <= 1e-6 or number(4) > room + 1e-6 then
    if underWay <= 0 then exhausted[#exhausted + 1] = name end
    return false
  end
  if underWay <= 0 then return true end
  -- Links that were refused with as little room wait for it to change.
  if f[11] == (f[3] or '0') and number(12) >= 20 then return false end
  if number(7) > 0 and number(8) == 0 then return false end
  return f[9] ~= '1' or number(7) == 0 or number(7) * 4 * number(10) <= room
end

-- Ids that no longer wait, or are at the gate for another batch, are skipped: a bounded number per call, because a
-- partly cancelled batch may have very many.
failIfOutOfMemory()

-- The pass of batches that are set aside now. It grows with each change of the halted models, which tells them from those
-- that were set aside before it.
local function passAside()
  table.sort(haltedModels)
  local halts, models = rotation .. ':halts', table.concat(haltedModels, ',')
  local before = redis.call('HMGET', halts, 'models', 'changes')
  if (before[1] or '') == models then return firstPassAside + tonumber(before[2] or '0') end
  redis.call('HSET', halts, 'models', models)
  return firstPassAside + redis.call('HINCRBY', halts, 'changes', 1)
end

local function returnBatches(before)
  local names = redis.call('ZRANGEBYSCORE', rotation, firstPassAside, '(' .. before, 'LIMIT', 0, mostMoved)
  local pass = #names > 0 and lowestPass(rotation)
  for _, name in ipairs(names) do redis.call('ZADD', rotation, 'XX', pass, name) end
end

-- The batch whose turn it is, and its pass; none when no batch may go any more.
local function nextBatch()
  if only == '' then
    -- Skipped batches are at the front: their pass is the lowest.
    local next = redis.call('ZRANGE', rotation, #passedOver, #passedOver, 'WITHSCORES')
    return next[1] and tonumber(next[2]) < firstPassAside and next or {}
  end
  local pass = #passedOver == 0 and redis.call('ZSCORE', rotation, only)
  return pass and { only, pass } or {}
end

local aside = passAside()
returnBatches(aside)
local looks, moved = 0, 0
while #taken < wanted and looks < 5000 and moved < mostMoved do
  looks = looks + 1
  local first = nextBatch()
  if not first[1] then break end
  local batch = prefix .. ':batch:' .. first[1]
  local may, isHalted = mayGo(first[1], batch)
  if isHalted and only == '' then
    redis.call('ZADD', rotation, 'XX', aside, first[1])
    moved = moved + 1
  elseif not may then
    passedOver[#passedOver + 1] = first[1]
  else
    lastPass = first[2]
    local id = redis.call('LPOP', batch .. ':backlog')
    if not id then
      redis.call('ZREM', rotation, first[1])
    else
      local weight = tonumber(redis.call('HGET', batch, 'weight') or '1')
      redis.call('ZINCRBY', rotation, 1 / weight, first[1])
      if redis.call('HGET', prefix .. ':item:' .. id, 's') == 'queued' and redis.call('SISMEMBER', atGate, id) == 0 then
        redis.call('ZADD', active, now + tonumber(ARGV[3]), id)
        redis.call('SADD', atGate, id)
        taken[#taken + 1] = id
      end
    end
  end
end
if lastPass then
  for _, name in ipairs(passedOver) do redis.call('ZADD', rotation, 'XX', 'GT', lastPass, name) end
end
return { taken, exhausted, waiting }
