-- How many admissions are possible now, or how long until the first, and why.
--
-- KEYS, ARGV 1-7  see slots.lua
-- ARGV  8… fields of the halts that stop all requests
-- Returns {free slots, milliseconds to wait, why}.
local found = room(readState(), argumentsFrom(8))
return { found.free, milliseconds(found.wait), found.why }
