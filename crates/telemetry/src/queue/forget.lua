-- Forgets consumers that hold nothing and were not heard of for long. What one holds would go with it.
-- KEYS: stream. ARGV: group, milliseconds that are long.
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  -- name, its value, pending, its value, idle, its value
  if consumer[4] == 0 and consumer[6] > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer[2])
  end
end
