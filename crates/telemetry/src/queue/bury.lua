-- Puts an entry among the dead letters, and answers 1; 0 where they are too many, and it stays.
-- KEYS: stream, its bytes, dead letters. ARGV: group, id, reason, most dead letters.
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
-- Another consumer has finished it meanwhile.
if not entry then return 1 end
if redis.call('XLEN', KEYS[3]) >= tonumber(ARGV[4]) then return 0 end
local memory, batch = entry[2][2] or '0', entry[2][4] or ''
redis.call('XADD', KEYS[3], '*', 'reason', ARGV[3], 'memory', memory, 'batch', batch)
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
redis.call('DECRBY', KEYS[2], #batch)
-- Whatever somebody did to the stream by hand, an empty one has none.
if redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('SET', KEYS[2], 0)
end
return 1
