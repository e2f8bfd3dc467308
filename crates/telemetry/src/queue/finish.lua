-- Takes out entries that are stored.
-- KEYS: stream, its bytes. ARGV: group, then of each entry its id and its bytes.
local freed = 0
for i = 2, #ARGV, 2 do
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  if redis.call('XDEL', KEYS[1], ARGV[i]) == 1 then
    freed = freed + tonumber(ARGV[i + 1])
  end
end
redis.call('DECRBY', KEYS[2], freed)
-- Whatever somebody did to the stream by hand, an empty one has none.
if redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('SET', KEYS[2], 0)
end
