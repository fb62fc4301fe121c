SELECT node, CASE WHEN (node ^ {mask}) < first THEN node ELSE (first ^ {mask}) END AS parent
FROM (SELECT source AS node, min(target ^ {mask}) AS first FROM edges GROUP BY source) AS r
