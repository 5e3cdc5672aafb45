-- What the scripts of the gate share, first part: the state and the slots. learning.lua is the second part.
--
-- KEYS  1 state (hash)   2 open slots (zset, by end of lease)   3 held slots (zset, by the instant that frees them)
--       4 the ledger's counts (hash)   5 halts (hash)
-- ARGV  1 clock: Unix microseconds, or '' for this server's   2 configured limit   3 configured window in µs
--       4 lease in µs   5 most tasks at the vendor at once, 0 for no cap
--       6 'both' to look for more than the configured limit too, 'down' never to exceed it
--       7 start of every key   8… the script's own
--
-- Invariant: a slot is used from its admission until its answer plus the window. The server has counted the
-- request at some instant between the two, so however slow the way there or back was, a slot is never used again
-- before the server has freed it. A slot without an answer counts as answered when its lease ends.
local stateKey, openKey, heldKey, countsKey, haltsKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local configuredMax, configuredWindow = tonumber(ARGV[2]), tonumber(ARGV[3])
local lease, maxInFlight, learn, prefix = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], ARGV[7]

-- What stays unknown when a server rounds its clock to the millisecond.
local GUARD = 1000
-- How long to wait for unpredictable events: a task that ends, a halt that is being probed.
local UNKNOWN_WAIT, HALT_WAIT = 250000, 1000000
-- A pause beyond this is a clock that was set back, not a server's wish (those are cut at 24 hours).
local LONGEST_PAUSE = 25 * 3600 * 1000000

local now = microseconds(ARGV[1])

-- Numbers of 16 digits: the plain conversion to text would round them.
local function text(number) return string.format('%.0f', number) end

-- Every learned number, and what it is before anything was learned. Times and spans in µs.
local LEARNED = {
  { 'limit', configuredMax },      -- slots per window
  { 'window', configuredWindow },
  { 'ceiling', 0 },                -- the server's own word for its limit; 0: it has not said
  { 'climbing', 1 },               -- 1: the next request beyond the limit may go as soon as it can go alone
  { 'step', 1 },                   -- requests beyond the limit that may be open at once
  { 'base', configuredMax },       -- the limit that last stood for two windows
  { 'raisedAt', 0 },
  { 'top', 0 },                    -- climbing stops here: refused at this count a moment ago; 0: not known
  { 'streak', 0 },                 -- refusals since the last acceptance
  { 'refusedAt', 0 },
  { 'fellAt', 0 },                 -- the first refusal of the last fall
  { 'fellFrom', 0 },               -- and the count that it met
  { 'sharedAccount', 0 },               -- 1: has fallen twice in short time, somebody else shares the account
  { 'interval', 12 * configuredWindow }, -- from a refused attempt beyond the limit to the next one
  { 'nextProbeAt', now + 12 * configuredWindow }, -- the first attempt does not wait for it
  { 'pausedUntil', 0 },
  { 'pausedSince', 0 },            -- the first refusal with a pause since the last acceptance
  { 'pauseProbeAt', 0 },           -- a free call may ask from then on whether a long pause is over; 0: the pause is short
  { 'trouble', 0 },                -- answers in a row, over all links, that were of no use
  { 'rttMin', 0 },                 -- shortest time from admission to answer among the last rttCount
  { 'rttMinBefore', 0 },           -- and among those before them
  { 'rttMean', 0 },
  { 'rttCount', 0 },
}
local NAMES = {}
for index, field in ipairs(LEARNED) do NAMES[index] = field[1] end

-- After the clock was set back, past events lie in the future; nothing may wait for those times.
local function repairClock(state)
  for _, name in ipairs({ 'raisedAt', 'refusedAt', 'fellAt' }) do state[name] = math.min(state[name], now) end
  if state.nextProbeAt > now + LONGEST_PAUSE then state.nextProbeAt = now end
  if state.pausedUntil > now + LONGEST_PAUSE then state.pausedUntil = 0 end
end

-- What was learned is valid for one configured limit: another one starts from the beginning, except for the pause.
local function readState()
  local state, configured = {}, ARGV[2] .. '/' .. ARGV[3]
  local values = redis.call('HMGET', stateKey, 'configured', unpack(NAMES))
  state.isNew = values[1] ~= configured
  for index, field in ipairs(LEARNED) do
    local known = not state.isNew or string.find(field[1], '^pause') ~= nil
    state[field[1]] = known and tonumber(values[index + 1]) or field[2]
  end
  repairClock(state)
  if learn == 'down' then state.limit = math.min(state.limit, configuredMax) end
  return state
end

local function writeState(state)
  local values = { 'configured', ARGV[2] .. '/' .. ARGV[3] }
  for _, name in ipairs(NAMES) do
    values[#values + 1] = name
    values[#values + 1] = text(state[name])
  end
  redis.call('HSET', stateKey, unpack(values))
end

-- A slot can't be freed later than this; where one claims so, the clock was set back or the window has shrunk.
local function cutTo(key, latest)
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
  if not last[1] or tonumber(last[2]) <= latest then return end
  for _, slot in ipairs(redis.call('ZRANGEBYSCORE', key, '(' .. text(latest), '+inf')) do
    redis.call('ZADD', key, text(latest), slot)
  end
end

local function dropFreedSlots(state)
  local span = state.window + GUARD
  redis.call('ZREMRANGEBYSCORE', heldKey, '-inf', text(now))
  redis.call('ZREMRANGEBYSCORE', openKey, '-inf', text(now - span))
  cutTo(heldKey, now + span)
  cutTo(openKey, now + lease)
end

-- An admission is held from before its link is `submitting` until after it is `processing`: in between, the ledger
-- counts it already.
local function countUnbegun()
  local unbegun = 0
  for _, holder in ipairs(redis.call('ZRANGE', openKey, 0, -1)) do
    local item = string.match(holder, '^(.*)%.[^.]*$')
    local itemState = item and redis.call('HGET', prefix .. ':item:' .. item, 's')
    if not itemState or itemState == 'queued' then unbegun = unbegun + 1 end
  end
  return unbegun
end

-- How many more tasks may be at the vendor. Links are checked one by one only if it matters for `wanted`.
local function roomInFlight(unanswered, wanted)
  if maxInFlight == 0 then return math.huge end
  local counts = redis.call('HMGET', countsKey, 'submitting', 'processing')
  local left = maxInFlight - (tonumber(counts[1]) or 0) - (tonumber(counts[2]) or 0)
  if left <= 0 or left - unanswered >= wanted then return left - unanswered end
  return left - countUnbegun()
end

local function haltWait(fields)
  if #fields == 0 then return nil end
  for _, halt in ipairs(redis.call('HMGET', haltsKey, unpack(fields))) do
    if halt then return math.max(cjson.decode(halt).nextProbeAt * 1000 - now, HALT_WAIT) end
  end
end

-- How long until fewer than the limit's slots are used. An open slot may be answered at once, and is free a window
-- later at the soonest; when its lease has ended, a window after that.
local function limitWait(state, used, held)
  local mustGo = used - state.limit
  local key, index, span = heldKey, mustGo, 0
  if mustGo >= held then key, index, span = openKey, mustGo - held, state.window + GUARD end
  local slot = redis.call('ZRANGE', key, index, index, 'WITHSCORES')
  return math.min(state.window + GUARD, tonumber(slot[2]) + span - now)
end

local function milliseconds(microseconds) return math.ceil(microseconds / 1000) end

local function argumentsFrom(first)
  local values = {}
  for index = first, #ARGV do values[#values + 1] = ARGV[index] end
  return values
end
