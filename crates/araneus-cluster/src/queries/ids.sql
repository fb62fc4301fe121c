SELECT DISTINCT id
FROM (
    SELECT CAST("{from}" AS VARCHAR) AS id FROM input {condition}
    UNION ALL
    SELECT CAST("{to}" AS VARCHAR) AS id FROM input {condition}
) AS ends
