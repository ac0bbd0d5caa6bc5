/* SPDX-License-Identifier: MIT */
/* SQLite: tables, indices, a view, a trigger, a function, transactions, queries
 * of most kinds, a blob, and a copy, in memory. */
#include <config.h>

#include "library.h"

#include <sqlite3.h>

#include <alcove/bridge/sqlite.h>
#include <string.h>

ALCOVE_BRIDGE_SQLITE(sql);

enum { ROWS = 300 };

static const char schema[] =
    "PRAGMA foreign_keys = on;"
    "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL);"
    "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, year INT,"
    "    author INT REFERENCES author ON DELETE CASCADE, cover BLOB,"
    "    CHECK (year > 0));"
    "CREATE INDEX by_year ON book (year DESC, title) WHERE year NOT NULL;"
    "CREATE TABLE log (what TEXT, id INT, PRIMARY KEY (id, what))"
    "    WITHOUT ROWID;"
    "CREATE TRIGGER gone AFTER DELETE ON book BEGIN"
    "    INSERT INTO log VALUES ('gone', old.id);"
    "END;"
    "CREATE VIEW shelf AS SELECT b.id, name, title, year"
    "    FROM book b JOIN author a ON a.id = b.author;"
    "INSERT INTO author VALUES (1, 'Ada'), (2, 'Bo'), (3, 'Cy');";

static const char changes[] =
    "BEGIN;"
    "UPDATE book SET title = upper(title) WHERE id % 10 = 0;"
    "SAVEPOINT inner; DELETE FROM author WHERE id = 1; ROLLBACK TO inner;"
    "DELETE FROM author WHERE id = 3;"
    "COMMIT;"
    "BEGIN; DROP TABLE log; ROLLBACK;"
    "ALTER TABLE book ADD COLUMN note TEXT DEFAULT 'none';"
    "ANALYZE; VACUUM;";

static const char *const queries[] = {
    "SELECT year, count(*), group_concat(id) FROM shelf GROUP BY year"
    "    HAVING count(*) > 1 ORDER BY 2 DESC, 1 LIMIT 5",
    "SELECT title, twice(title), note FROM book INDEXED BY by_year"
    "    WHERE year > 1990 AND title GLOB '*o*' ORDER BY year DESC, title",
    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
    "    WHERE i < 20) SELECT i, avg(i) OVER (ORDER BY i ROWS 2 PRECEDING)"
    "    FROM n WHERE i NOT IN (SELECT id FROM book WHERE year < 1905)",
    "SELECT count(*), sum(id), max(what) FROM log",
    "SELECT DISTINCT a.name, (SELECT max(length(cover)) FROM book"
    "    WHERE author = a.id) FROM author a LEFT JOIN book b"
    "    ON b.author = a.id UNION SELECT 'z', 1 EXCEPT SELECT 'y', 2",
    "SELECT json_group_array(year) FROM (SELECT year FROM book LIMIT 9)",
    "PRAGMA integrity_check",
};

/* What SQLite says of its last error in this database; or of no database. */
static bool
say(struct work *w, sqlite3 *db, const char *call)
{
    return refused(w, "%s: %s", call, sqlite3_errmsg(db));
}

static void
twice(sqlite3_context *context, int count, sqlite3_value **values)
{
    const unsigned char *text = sqlite3_value_text(values[0]);
    char *both;

    (void)count;
    both = text ? sqlite3_mprintf("%s%s", text, text) : NULL;
    if (both)
        sqlite3_result_text(context, both, -1, sqlite3_free);
    else
        sqlite3_result_error_nomem(context);
}

static bool
run(struct work *w, sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           say(w, db, "sqlite3_exec");
}

/* One row of books; the text is copied by SQLite. */
static bool
insert(sqlite3_stmt *s, int id)
{
    bool good =
        sqlite3_bind_int(s, 1, id) == SQLITE_OK &&
        sqlite3_bind_text(s, 2, some_text(ROWS * 3 + 60) + id * 3, 20 + id % 40,
                          SQLITE_TRANSIENT) == SQLITE_OK &&
        sqlite3_bind_int(s, 3, 1850 + id * 7 % 170) == SQLITE_OK &&
        sqlite3_bind_int64(s, 4, 1 + id % 3) == SQLITE_OK &&
        sqlite3_bind_zeroblob(s, 5, id % 50 ? id % 9 : 9000) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_DONE;

    return sqlite3_reset(s) == SQLITE_OK && good;
}

static bool
fill(struct work *w, sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    bool good;
    int id;

    if (!run(w, db, "BEGIN"))
        return false;
    good = sqlite3_prepare_v2(db, "INSERT INTO book VALUES (?, ?, ?, ?, ?)", -1,
                              &s, NULL) == SQLITE_OK;
    for (id = 1; good && id <= ROWS; id++)
        good = insert(s, id);
    if (!good)
        (void)say(w, db, "insert");
    sqlite3_finalize(s);
    return good && run(w, db, "COMMIT");
}

static bool
paint(struct work *w, sqlite3 *db)
{
    sqlite3_blob *blob = NULL;
    bool good =
        sqlite3_blob_open(db, "main", "book", "cover", 100, 1, &blob) ==
            SQLITE_OK &&
        sqlite3_blob_write(blob, some_text(6000), 6000, 2000) == SQLITE_OK;

    if (!good)
        (void)say(w, db, "sqlite3_blob_write");
    sqlite3_blob_close(blob);
    return good;
}

/* NULL comes for a NULL of SQL, too, and if there is no memory. */
static bool
put_column(struct work *w, sqlite3_stmt *s, int column)
{
    const unsigned char *text = sqlite3_column_text(s, column);

    if (!text && sqlite3_column_type(s, column) != SQLITE_NULL)
        return false;
    result_text(w, "%s|", text ? (const char *)text : "NULL");
    return true;
}

static bool
ask(struct work *w, sqlite3 *db, const char *query)
{
    sqlite3_stmt *s = NULL;
    bool good = sqlite3_prepare_v2(db, query, -1, &s, NULL) == SQLITE_OK;
    int i, code = SQLITE_ERROR;

    while (good && (code = sqlite3_step(s)) == SQLITE_ROW)
        for (i = 0; good && i < sqlite3_column_count(s); i++)
            good = put_column(w, s, i);
    good = good && code == SQLITE_DONE;
    if (!good)
        (void)say(w, db, query);
    sqlite3_finalize(s);
    return good;
}

/* A constraint that does not hold. Out of memory is another error. */
static bool
break_rule(struct work *w, sqlite3 *db)
{
    int code = sqlite3_exec(db, "INSERT INTO author VALUES (9, 'Ada')", NULL,
                            NULL, NULL);

    if (code != SQLITE_CONSTRAINT)
        return say(w, db, "a constraint");
    result_text(w, "%s", sqlite3_errmsg(db));
    return true;
}

static bool
use(struct work *w, sqlite3 *db)
{
    size_t i;

    if (sqlite3_create_function(db, "twice", 1, SQLITE_UTF8, NULL, twice, NULL,
                                NULL) != SQLITE_OK)
        return say(w, db, "sqlite3_create_function");
    if (!run(w, db, schema) || !fill(w, db) || !paint(w, db) ||
        !break_rule(w, db) || !run(w, db, changes))
        return false;
    for (i = 0; i < sizeof queries / sizeof queries[0]; i++)
        if (!ask(w, db, queries[i]))
            return false;
    return true;
}

static bool
copy(struct work *w, sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    int code;

    if (!b)
        return say(w, to, "sqlite3_backup_init");
    do
        code = sqlite3_backup_step(b, 5);
    while (code == SQLITE_OK);
    if (sqlite3_backup_finish(b) != SQLITE_OK || code != SQLITE_DONE)
        return say(w, to, "sqlite3_backup_step");
    return ask(w, to, "SELECT count(*), sum(length(title)) FROM book");
}

static bool
work_in(struct work *w)
{
    sqlite3 *db = NULL, *other = NULL;
    bool good = sqlite3_open(":memory:", &db) == SQLITE_OK ||
                say(w, db, "sqlite3_open");

    good = good && use(w, db);
    if (good)
        good = sqlite3_open(":memory:", &other) == SQLITE_OK ||
               say(w, other, "sqlite3_open");
    good = good && copy(w, db, other);
    if (sqlite3_close(other) != SQLITE_OK || sqlite3_close(db) != SQLITE_OK)
        good = refused(w, "sqlite3_close: it is busy");
    return good;
}

static bool
work(struct work *w)
{
    int code = w->bridge ? sql_install() : SQLITE_OK;
    bool good;

    if (code != SQLITE_OK)
        return refused(w, "sqlite3_config: %s", sqlite3_errstr(code));
    /* Small blocks come from it, too, and not from a stock for each database.*/
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
    code = sqlite3_initialize();
    good = code == SQLITE_OK
               ? work_in(w)
               : refused(w, "sqlite3_initialize: %s", sqlite3_errstr(code));
    sqlite3_shutdown();
    return good;
}

const struct library library = {
    .name = "SQLite",
    .version = sqlite3_libversion,
    .shape = "no context, sizes are int, the size of a block is asked for",
    .work = work,
    .bind = sql_bind,
    .unbind = sql_unbind,
    .bound = sql_bridge,
};
