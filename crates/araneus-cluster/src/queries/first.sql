SELECT k.position AS position, f.first AS first
FROM keyed AS k
JOIN (SELECT key, min(position) AS first FROM keyed GROUP BY key) AS f ON k.key = f.key
