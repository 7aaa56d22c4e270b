//! The server and the database are such that the schema works on them, searching in every alphabet included.

use super::{Check, Severity, Work};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "environment.version",
        title: "the server is PostgreSQL 14 or newer and can be written",
        severity: Severity::Error,
        proves: "older servers lack what the schema uses; a standby refuses every write",
        next: "upgrade the server, or connect to the primary",
        needs: &[],
        work: Work::Sql(
            "select 'the server is PostgreSQL ' || pg_catalog.current_setting('server_version')
              where pg_catalog.current_setting('server_version_num')::int < 140000
             union all
             select 'the server is a standby' where pg_catalog.pg_is_in_recovery()",
        ),
        repair: None,
    },
    Check {
        id: "environment.encoding",
        title: "the database is encoded in UTF8",
        severity: Severity::Error,
        proves: "other encodings cannot hold what customers write",
        next: "move to a database in UTF8: createdb -T template0 -E UTF8 NAME, then pg_dump | psql",
        needs: &[],
        work: Work::Sql(
            "select 'it is encoded in ' || pg_catalog.pg_encoding_to_char(d.encoding) from pg_catalog.pg_database d
              where d.datname = pg_catalog.current_database() and pg_catalog.pg_encoding_to_char(d.encoding) <> 'UTF8'",
        ),
        repair: None,
    },
    Check {
        id: "environment.extensions",
        title: "the extension pg_trgm is installed",
        severity: Severity::Error,
        proves: "searching for a part of a word uses it",
        next: "create extension pg_trgm with schema extensions",
        needs: &[],
        work: Work::Sql(
            "select 'pg_trgm is not installed' where not exists (select from pg_catalog.pg_extension where extname = 'pg_trgm')",
        ),
        repair: None,
    },
    Check {
        id: "environment.letter_case",
        title: "upper and lower case are known beyond Latin letters",
        severity: Severity::Error,
        proves: "a search for «ёлка» finds «Ёлка»",
        next: "move to a database with a locale: createdb -T template0 -E UTF8 --locale=C.UTF-8 NAME, then pg_dump | psql",
        needs: &[],
        work: Work::Sql(
            "select 'lower(''' || pair.upper_case || ''') is ''' || pg_catalog.lower(pair.upper_case) || ''''
               from (values ('Ё', 'ё'), ('Ä', 'ä'), ('Σ', 'σ')) as pair (upper_case, lower_case)
              where pg_catalog.lower(pair.upper_case) <> pair.lower_case
             union all
             select 'ilike does not find «кошка» in «Кошка»' where not 'Кошка' ilike '%кошка%'",
        ),
        repair: None,
    },
    Check {
        id: "environment.trigrams",
        title: "parts of words are found in every alphabet",
        severity: Severity::Error,
        proves: "with the locale C, pg_trgm sees no letters in Cyrillic, so that its index finds nothing",
        next: "move to a database with a locale: createdb -T template0 -E UTF8 --locale=C.UTF-8 NAME, then pg_dump | psql",
        needs: &["extension pg_trgm"],
        work: Work::Sql(
            "select 'no trigrams of «' || word.sample || '»' from (values ('Кошка'), ('Γάτα'), ('قطة')) as word (sample)
              where pg_catalog.cardinality({extensions}.show_trgm(word.sample)) = 0",
        ),
        repair: None,
    },
    Check {
        id: "environment.stemming",
        title: "words are found in their other forms, in Russian and English",
        severity: Severity::Error,
        proves: "full-text search uses the stemmer of the message's language",
        next: "restore the text search configurations: they come with PostgreSQL, see pg_catalog.pg_ts_config",
        needs: &[],
        work: Work::Sql(
            "select '«заказ» does not find «Заказы»' where not pg_catalog.to_tsvector('pg_catalog.russian', 'Заказы') @@ pg_catalog.to_tsquery('pg_catalog.russian', 'заказ')
             union all
             select '«order» does not find «Orders»' where not pg_catalog.to_tsvector('pg_catalog.english', 'Orders') @@ pg_catalog.to_tsquery('pg_catalog.english', 'order')",
        ),
        repair: None,
    },
];
