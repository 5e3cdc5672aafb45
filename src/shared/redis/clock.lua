-- Prepended to scripts that get the time.
-- `given`: Unix microseconds, or '' for this server's clock. Returns Unix microseconds.
local function microseconds(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
