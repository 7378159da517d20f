-- The tables of @countersign/postgres. Made where they are missing: running this again changes nothing.
-- Roles of the application need SELECT, INSERT, UPDATE and DELETE on them, and nothing more.

-- Sealed signing keys of token services: one row each, written by compare-and-set on its version.
CREATE TABLE IF NOT EXISTS countersign_signing_keys (
  name text COLLATE "C" PRIMARY KEY,
  version bigint NOT NULL CHECK (version > 0),
  document bytea NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now()
);

-- Ids that were used once, until they could not be sent again.
CREATE TABLE IF NOT EXISTS countersign_replay (
  id text COLLATE "C" PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
-- CREATE INDEX IF NOT EXISTS locks the table before it looks: behind a VACUUM it would wait, and every claim behind it.
DO $$ BEGIN
  IF to_regclass(quote_ident(current_schema()) || '.countersign_replay_expires_at') IS NULL THEN
    CREATE INDEX countersign_replay_expires_at ON countersign_replay (expires_at);
  END IF;
END $$;

-- Since when each memory of ids has no gap: a promoted standby, or a backup that was recovered to a point in time, is another one.
-- After any other restore delete its rows: DELETE FROM countersign_replay_memory. README.md says which.
CREATE TABLE IF NOT EXISTS countersign_replay_memory (
  identity text COLLATE "C" PRIMARY KEY,
  since timestamptz NOT NULL
);

-- Events of audit trails, each once, in the order they came. Whoever records needs SELECT and INSERT here, and nothing more:
-- REVOKE UPDATE, DELETE, TRUNCATE ON countersign_audit FROM the application's role.
CREATE TABLE IF NOT EXISTS countersign_audit (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  time timestamptz NOT NULL,
  type text COLLATE "C" NOT NULL,
  outcome text COLLATE "C" NOT NULL,
  event jsonb NOT NULL,
  UNIQUE (stream, seq)
);
DO $$ BEGIN
  IF to_regclass(quote_ident(current_schema()) || '.countersign_audit_time') IS NULL THEN
    CREATE INDEX countersign_audit_time ON countersign_audit (time);
  END IF;
END $$;
