SELECT coalesce(sum(CASE WHEN links = 0 THEN rank ELSE CAST(0 AS BIGINT) END), 0) AS rank
FROM ranks
