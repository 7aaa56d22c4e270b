#!/usr/bin/env bash
# Assembles the SQL files at the root from database/. `scripts/assemble.sh --check` writes nothing and fails when one is stale.
# A released migration is never assembled again: see migrations/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
check=0; [ "${1:-}" = --check ] && check=1
areas=(00-foundation 10-workspaces 20-people 30-channels 40-conversations 50-knowledge 55-assistant 56-endpoint 57-evaluation 58-suggestions 60-workflows 70-analytics 80-integrations 90-operations)
stale=0

emit() { # kind: every area's KIND.sql in order
  local area
  for area in "${areas[@]}"; do
    if [ -f "database/$area/$1.sql" ]; then
      printf '\n-- ============ %s/%s ============\n' "$area" "$1"
      cat "database/$area/$1.sql"
    fi
  done
}
adoption() { printf '\n-- ============ 05-adoption/%s ============\n' "$1"; cat "database/05-adoption/$1.sql"; }
prelude() { emit prelude; }
code() { emit functions; emit routing; emit triggers; emit verbs; emit search; emit presence; emit files; emit websites; emit maintenance; emit monitor; emit policies; emit comments; }
opening() { # title, purpose lines
  printf -- '-- ROMASHKA: %s\n' "$1"; shift
  printf -- '-- %s\n' "$@"
  printf -- '-- Assembled from database/ by scripts/assemble.sh: edit there, not here.\n'
  printf -- '-- One transaction: the first error leaves the database as it was, also in psql without ON_ERROR_STOP.\n'
  printf '\nbegin;\nset local check_function_bodies = off;\nset local client_min_messages = warning;\n'
}
record() { printf "\ninsert into public.schema_migrations (version, description) values ('%s', '%s') on conflict (version) do nothing;\n" "$1" "$2"; }

master_schema() {
  opening "the whole database" "Run it with psql or in Supabase's SQL editor, on an empty database or again on its own result."
  adoption opening; prelude; emit tables; adoption rows; code; adoption closing
  record 001 "complete schema"
  printf '\ncommit;\n'
}
migration_001() {
  opening "migration 001, complete schema" "Forward only. Safe on an empty database, on its own result, and on the older schema without workspaces, whose rows it takes over."
  adoption opening; prelude; emit tables; adoption rows; code; adoption closing
  record 001 "complete schema"
  printf '\ncommit;\n'
}
functions_file() {
  opening "every function, trigger and policy" "Run it again at any time: it puts back what was changed by hand."
  prelude; code
  printf '\ncommit;\n'
}
seeds() {
  opening "demo content" "Re-runnable: rows are recognised by fixed ids, nothing is doubled and nothing of yours is changed."
  cat database/seed/*.sql
  printf '\ncommit;\n'
}
write() { # path, generator
  local new; new=$("$2"; printf x); new=${new%x}
  if [ -f "$1" ] && [ "$new" = "$(cat "$1"; printf x)" ]; then return; fi
  if [ -f "$1" ] && [ "$(cat "$1")" = "${new%$'\n'}" ]; then return; fi
  if [ $check = 1 ]; then echo "stale: $1 (run scripts/assemble.sh)" >&2; stale=1; else printf '%s' "$new" > "$1"; fi
}
write master-schema.sql master_schema
write migrations/001_complete_schema.sql migration_001
write db-functions.sql functions_file
write seed-data.sql seeds
exit $stale
