SELECT DISTINCT CAST(identifier AS VARCHAR) AS identifier, CAST(record_id AS VARCHAR) AS record
FROM input
WHERE identifier IS NOT NULL AND record_id IS NOT NULL
