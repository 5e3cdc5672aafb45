-- Finds items in progress that take longer than they should.
--
-- KEYS  1 active set
-- ARGV  1 key prefix   2 how many items to check, at most   3 how many to return of each kind, at most
--       4 age in ms above which a task is overlong   5 the same for a download
-- Returns {overlong tasks, overlong downloads, then three each: state, id, instant in ms since when}; changes nothing.
local prefix, most, shown = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local limits = { processing = tonumber(ARGV[4]), downloading = tonumber(ARGV[5]) }
local now = redisTime()
local numbers, found = { processing = 0, downloading = 0 }, {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, most - 1)) do
  local record = redis.call('HMGET', prefix .. ':item:' .. id, 's', 'e', 'm', 'd')
  local state, enqueuedAt = record[1], tonumber(record[2] or '')
  local limit = limits[state]
  if limit and enqueuedAt then
    local since = enqueuedAt + tonumber((state == 'processing' and record[3] or record[4]) or '0')
    if now - since > limit then
      numbers[state] = numbers[state] + 1
      if numbers[state] <= shown then
        found[#found + 1] = state
        found[#found + 1] = id
        found[#found + 1] = string.format('%.0f', since)
      end
    end
  end
end
return { numbers.processing, numbers.downloading, unpack(found) }
