-- The table behind the dict "relaysentry": exceptions and what was seen, by user.
-- For SQLite and PostgreSQL. Dovecot 2.3 and 2.4 replace a row in their own words
-- (ON CONFLICT), for which the primary key must be these two columns.
CREATE TABLE relaysentry (
  username TEXT NOT NULL,
  item TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (username, item)
);
