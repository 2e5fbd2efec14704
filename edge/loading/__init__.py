"""What joins lead to, loaded level by level: for GraphQL and for `?expand` alike (R4, R5, R6)."""
