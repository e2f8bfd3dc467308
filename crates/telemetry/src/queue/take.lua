-- Gives a consumer entries: {id, how often it was given, batch}.
-- First those that others have held for too long. One that was given twice before may be what ends those
-- who hold it, so it is given alone, and takes no other with it.
-- KEYS: stream. ARGV: group, consumer, most memory, most entries, milliseconds that are too long.
local stream, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local most_memory, most_entries = tonumber(ARGV[3]), tonumber(ARGV[4])
local taken, memory = {}, 0

local function is_full()
  return memory >= most_memory or #taken >= most_entries
end

local function take(entry, attempts)
  local fields = entry[2]
  memory = memory + (tonumber(fields[2]) or 0)
  taken[#taken + 1] = { entry[1], attempts, fields[4] or '' }
end

local left = redis.call('XPENDING', stream, group, 'IDLE', ARGV[5], '-', '+', most_entries)
for _, pending in ipairs(left) do
  local is_suspect = pending[4] >= 2
  if is_full() then break end
  if not is_suspect or #taken == 0 then
    local claimed = redis.call('XCLAIM', stream, group, consumer, ARGV[5], pending[1])[1]
    if claimed then
      take(claimed, pending[4] + 1)
      if is_suspect then return taken end
    end
  end
end
while not is_full() do
  local read = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', 1, 'STREAMS', stream, '>')
  if not read then break end
  take(read[1][2][1], 1)
end
return taken
