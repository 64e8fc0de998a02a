-- Markets that the processes of this database follow. Each adds those of its settings, and deletes no other's.
CREATE TABLE followed_market (
  market text PRIMARY KEY,
  -- FEEDS of a process, or somebody's request while it ran.
  source text NOT NULL CHECK (source IN ('settings', 'request')),
  -- When it was first followed, epoch ms.
  since bigint NOT NULL
);
