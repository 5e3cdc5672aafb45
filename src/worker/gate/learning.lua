-- Shared by the scripts of the gate, second part: how the limit is learned, and how much room there is.
--
-- The limit is the number of slots in use at the first refusal. Only a refusal shows it, so the gate finds more room by
-- trying: one request beyond the limit, sent alone so that its answer has one meaning. If it is accepted, the limit
-- rises by one and the next one tries. If it is refused, the next attempt waits until enough admissions have passed. A
-- refusal within the limit means that the limit has dropped: the gate goes down to half and climbs again, alone, until
-- it is refused or reaches the previous limit. docs/gate.md has the reasons and the figures.

-- One refused attempt in so many admissions keeps refusals below ten in a thousand.
local ADMISSIONS_PER_PROBE = 105
-- Nothing is said about the way there and back before so many answers; after so many, old ones are forgotten.
local RTT_ENOUGH, RTT_EPOCH = 30, 500
-- An account counts as shared for so many windows after the last fall.
local COMPANY_MEMORY = 24
-- On a shared account, attempts are more frequent after a success and less frequent after a failure.
local RAISE_FACTOR, FAIL_FACTOR = 2, 1.5
-- An attempt that is answered with Retry-After pauses all workers: it may cost this share of the time.
local ATTEMPT_COST = 50

local function clamp(low, value, high) return math.max(low, math.min(value, high)) end

local function longestInterval(state)
  return state.window * clamp(2, ADMISSIONS_PER_PROBE / state.limit, 12)
end

-- How many may be on their way at once: twice what the limit needs on average, so that a limit which has fallen
-- unnoticed costs few refusals; more where the limit is known; alone, while the last word was a refusal.
local function openCap(state)
  if state.streak > 0 then return 1 end
  local least, part, times = 1, 20, 2
  if learn == 'down' then least, part, times = 4, 5, 4 end
  return math.max(least, math.ceil(state.limit / part),
    math.ceil(times * state.limit * state.rttMean / state.window))
end

-- Open requests. One whose answer is long overdue (its worker was probably killed) does not count here, although its
-- slot stays in use.
local function countUnderway(state)
  local since = now + lease - math.max(1000000, 4 * state.rttMean)
  return redis.call('ZCOUNT', openKey, '(' .. text(since), '+inf')
end

local function ceiling(state)
  if state.ceiling > 0 then return state.ceiling end
  return learn == 'down' and configuredMax or math.huge
end

local function isDense(state) return state.limit * state.rttMean * 2 > state.window end

-- A slot of ours may be free at the server and not yet here: an attempt just then would seem to find room. Where
-- slots are too dense to wait for a gap, the error is small against the limit.
local function countIsExact(state)
  if isDense(state) then return true end
  local first = redis.call('ZRANGE', heldKey, 0, 0, 'WITHSCORES')
  return not first[1] or tonumber(first[2]) - now > 2 * state.rttMean
end

-- An answer takes about half a round trip; unknown before the first one.
local function answerWait(state)
  return state.rttMean == 0 and 20000 or clamp(5000, state.rttMean / 2, UNKNOWN_WAIT)
end

-- How long until a request may go beyond the limit: 0 for now, nil if the next slot is freed earlier.
local function probeWait(state, used, open)
  if state.streak > 0 or state.limit >= ceiling(state) then return nil end
  if state.climbing == 0 and now < state.nextProbeAt then return state.nextProbeAt - now end
  if open >= state.step then return answerWait(state) end
  return used < state.limit + state.step and countIsExact(state) and 0 or nil
end

-- After this many unusable answers in a row (the vendor is unreachable or down), all workers wait, longer each time,
-- and one request at a time finds out whether it is over.
local TROUBLED = 5
local FIRST_TROUBLE_PAUSE, LONGEST_TROUBLE_PAUSE = 2000000, 30000000

local function isTroubled(state) return state.trouble >= TROUBLED end

local function noteTrouble(state, verdict)
  if verdict == 'unused' then return 0 end
  if verdict == 'counted' or verdict == 'refused' then
    state.trouble = 0
    return 0
  end
  state.trouble = state.trouble + 1
  if not isTroubled(state) then return 0 end
  return math.min(LONGEST_TROUBLE_PAUSE, FIRST_TROUBLE_PAUSE * 2 ^ math.min(10, state.trouble - TROUBLED))
end

-- Whether there is room: {free slots, wait in µs, why, used slots (for the limit), whether the next one is beyond it}.
local function room(state, haltFields)
  local wait = haltWait(haltFields)
  if wait then return { free = 0, wait = wait, why = 'halted' } end
  if state.pausedUntil > now then return { free = 0, wait = state.pausedUntil - now, why = 'paused' } end
  dropFreedSlots(state)
  local held, unanswered = redis.call('ZCARD', heldKey), redis.call('ZCARD', openKey)
  local used, open = held + unanswered, countUnderway(state)
  local below = roomInFlight(unanswered, openCap(state))
  if below <= 0 then return { free = 0, wait = UNKNOWN_WAIT, why = 'in-flight' } end
  if isTroubled(state) then
    if open > 0 then return { free = 0, wait = UNKNOWN_WAIT, why = 'paused' } end
    below = 1
  end
  if used < state.limit then
    local free = math.min(state.limit - used, openCap(state) - open, below)
    if free > 0 then return { free = free, wait = 0, why = '', used = used } end
    return { free = 0, wait = answerWait(state), why = 'limit', used = used }
  end
  local untilProbe = probeWait(state, used, open) or math.huge
  if untilProbe == 0 then return { free = 1, wait = 0, why = '', used = used, beyond = true } end
  return { free = 0, wait = math.min(limitWait(state, used, held), untilProbe), why = 'limit', used = used }
end

-- The round trip that every request needs at least: a slot may be reused that much earlier, because the next request
-- takes as long to arrive. Below the shortest one seen, because a nearer worker may join.
local function surelyUnderway(state)
  if state.rttCount < RTT_ENOUGH and state.rttMinBefore == 0 then return 0 end
  local shortest = state.rttMin
  if state.rttMinBefore > 0 then shortest = math.min(shortest, state.rttMinBefore) end
  return math.max(0, math.min(2 * shortest - state.rttMean, 0.8 * shortest))
end

local function measureWay(state, rtt)
  if rtt <= 0 then return end
  if state.rttCount >= RTT_EPOCH then
    state.rttMinBefore, state.rttMin, state.rttCount = state.rttMin, rtt, 0
  end
  state.rttCount = state.rttCount + 1
  state.rttMin = state.rttMin == 0 and rtt or math.min(state.rttMin, rtt)
  state.rttMean = state.rttMean + (rtt - state.rttMean) / math.min(state.rttCount, 50)
end

-- Every refusal delays the next attempt, so that all refusals together stay within the allowed rate; on a shared
-- account attempts are worth more than that.
local function putOffProbe(state, pause)
  local isShared = state.sharedAccount == 1
  local interval = math.max(isShared and state.interval or longestInterval(state), ATTEMPT_COST * pause)
  state.nextProbeAt = interval + (isShared and now or clamp(now, state.nextProbeAt, now + interval))
end

local function stopClimbing(state)
  state.climbing, state.step, state.top = 0, 1, 0
end

local function climbFurther(state)
  state.climbing = 1
  if state.limit > state.base then state.raisedAt = now end
  state.step = clamp(1, state.step * 2, math.floor(state.limit / 32))
  if state.top == 0 or state.limit < state.top then return end
  stopClimbing(state)
  -- It was delayed for a lower limit, under which admissions take longer.
  state.nextProbeAt = math.min(state.nextProbeAt, now + longestInterval(state))
end

local function learnAcceptance(state, slot)
  if state.streak > 0 and (state.top == 0 or state.limit < state.top) then state.climbing = 1 end
  state.streak = 0
  if now - math.max(state.raisedAt, state.refusedAt) > 2 * state.window then state.base = state.limit end
  if now - state.fellAt > COMPANY_MEMORY * state.window then state.sharedAccount = 0 end
  if not slot.beyond then return end
  state.limit = clamp(state.limit, slot.used + 1, ceiling(state))
  climbFurther(state)
end

local function learnFailedProbe(state, slot)
  local raised = state.raisedAt > state.refusedAt
  local interval = raised and state.interval / RAISE_FACTOR or state.interval * FAIL_FACTOR
  state.interval = clamp(state.window / 8, interval, longestInterval(state))
  state.limit = math.max(1, math.min(state.limit, slot.used))
  stopClimbing(state)
  putOffProbe(state, slot.pause)
end

-- On a shared account drops are small and many; where slots are dense, a count may be slightly wrong.
local function isVague(state) return state.sharedAccount == 1 or isDense(state) end

-- A server that counts by fixed windows lets twice its limit pass around a boundary, and a token bucket what it has
-- saved up. So a raise that is followed by a refusal within a window was no raise, or half of one.
local function wasFalseRaise(state)
  if now - state.raisedAt >= 1.5 * state.window or state.streak ~= (isDense(state) and 2 or 1) then return false end
  return state.limit > (isVague(state) and 1.15 * state.base + 1 or state.base)
end

-- Half of the count that was refused: from there the way up, alone, costs one refusal however deep the fall was.
local function fallenLimit(state, slot)
  return isVague(state) and state.streak == 1 and slot.used or math.ceil(slot.used / 2)
end

-- A raise that did not last was not worth its attempt. A second drop without a raise in between means that another
-- client uses the account, and that its usage changes.
local function learnCompany(state, slot)
  if now - state.raisedAt < 1.5 * state.window then
    state.interval = math.min(state.interval * 2, longestInterval(state))
  elseif state.fellAt > state.raisedAt and now - state.fellAt < COMPANY_MEMORY * state.window
    and slot.used > 0.8 * state.fellFrom then
    state.interval = math.max(state.interval / 4, state.window / 8)
    state.sharedAccount = 1
  end
  state.fellAt, state.fellFrom = now, slot.used
end

local function learnFall(state, slot)
  state.streak = state.streak + 1
  if wasFalseRaise(state) then
    state.base = math.max(state.base, math.ceil(slot.used / 2))
    state.limit = math.min(state.limit, state.base)
    state.raisedAt, state.top = 0, slot.used
  else
    if state.streak == 1 then learnCompany(state, slot) end
    state.limit = math.min(state.limit, fallenLimit(state, slot))
    state.top = math.min(slot.used, math.max(state.base, state.limit))
  end
  state.limit = math.max(1, state.limit)
  -- So many in a row: nothing of what was known holds any more.
  if state.streak > 2 then state.base, state.top = math.max(1, math.min(state.base, slot.used)), 0 end
  state.step, state.climbing = 1, 0
  putOffProbe(state, slot.pause)
  state.rttMin, state.rttMinBefore, state.rttCount = 0, 0, 0
end

local function learnRefusal(state, slot)
  if slot.admittedAt < state.refusedAt then
    -- Sent before the last refusal was known: it says nothing new, but that fewer than this are allowed.
    state.limit = math.max(1, math.min(state.limit, slot.used))
  elseif slot.beyond then
    learnFailedProbe(state, slot)
  else
    learnFall(state, slot)
  end
  state.refusedAt = now
  -- Refused with none of our requests in the window: another client uses the whole limit. Try less and less often.
  if slot.used > 0 then return 0 end
  return state.window / 8 * 2 ^ math.min(state.streak, 4)
end

-- A pause this long is probed with a free call, first after this time.
local LONG_PAUSE, FIRST_PAUSE_PROBE, LATEST_PAUSE_PROBE = 180000000, 120000000, 900000000

-- After a long pause the limit is unknown: one request alone, then up to the previous limit.
local function beginLow(state)
  state.top = math.max(state.base, state.limit)
  state.limit, state.step, state.climbing, state.streak = 1, 1, 0, math.max(1, state.streak)
end

-- A pause is only ever extended. `message`: the vendor's, '' where the pause is our own.
local function beginPause(state, pause, message)
  if now + pause <= state.pausedUntil then return end
  if state.pausedUntil <= now and state.pausedSince == 0 then state.pausedSince = now end
  state.pausedUntil = now + pause
  if message == '' then redis.call('HDEL', stateKey, 'pauseMessage') else redis.call('HSET', stateKey, 'pauseMessage', message) end
  if pause < LONG_PAUSE then return end
  -- If a probe was wrong, a refusal follows, and the next probe comes later.
  local wait = clamp(FIRST_PAUSE_PROBE, (now - state.pausedSince) / 2, LATEST_PAUSE_PROBE)
  state.pauseProbeAt = math.max(state.pauseProbeAt, now + wait)
  beginLow(state)
end

local function noteAcceptance(state)
  state.pausedSince = 0
  if state.pausedUntil <= now then state.pauseProbeAt = 0 end
end
