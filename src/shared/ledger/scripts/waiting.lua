-- Finds the oldest waiting link of the backlogs, and the oldest items in progress.
--
-- KEYS  1 rotation (batches with a backlog, by their turn)   2 active set
-- ARGV  1 key prefix   2 how many of each to check, at most
-- Returns {instant in ms of the oldest waiting link ('' for none), of the oldest task at the vendor, of the oldest
-- result waiting to be downloaded, this server's time in ms}; changes nothing.
local prefix, most = ARGV[1], tonumber(ARGV[2])
local oldest = {}
local function note(state, at)
  if at and (not oldest[state] or at < oldest[state]) then oldest[state] = at end
end
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, most - 1)) do
  local id = redis.call('LINDEX', prefix .. ':batch:' .. name .. ':backlog', 0)
  if id then note('queued', tonumber(redis.call('HGET', prefix .. ':item:' .. id, 'e') or '')) end
end
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, most - 1)) do
  local record = redis.call('HMGET', prefix .. ':item:' .. id, 's', 'e', 'm', 'd')
  local enqueuedAt = tonumber(record[2] or '')
  if enqueuedAt then
    local since = { processing = record[3], downloading = record[4] }
    note(record[1], enqueuedAt + tonumber(since[record[1]] or '0'))
  end
end
local function text(at) return at and string.format('%.0f', at) or '' end
return {
  text(oldest.queued), text(oldest.processing), text(oldest.downloading),
  text(redisTime()),
}
