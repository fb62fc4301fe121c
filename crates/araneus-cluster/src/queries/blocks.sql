SELECT m.identifier AS identifier, m.record AS record
FROM members AS m
JOIN (SELECT identifier FROM keys WHERE records BETWEEN 2 AND {most}) AS k ON m.identifier = k.identifier
