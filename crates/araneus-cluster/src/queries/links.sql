SELECT source, target, count(*) AS claims, sum(weight) AS weight
FROM claims
GROUP BY source, target
