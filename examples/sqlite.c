/* SPDX-License-Identifier: MIT */
/* sqlite: SQL on a database in memory, and on standard error the books of all
 * the memory that SQLite took for it, by alcove_stats.
 *
 *     sqlite [SQL] */
#include <alcove.h>
#include <sqlite3.h>
#include <stdio.h>

#include <alcove/bridge/sqlite.h> /* after <sqlite3.h> */

ALCOVE_BRIDGE_SQLITE(sql); /* makes sql_bind, sql_install and others */

static const char demo[] =
    "CREATE TABLE prime AS WITH RECURSIVE n(p) AS"
    " (SELECT 2 UNION ALL SELECT p + 1 FROM n WHERE p < 1000) SELECT p FROM n;"
    "DELETE FROM prime WHERE EXISTS (SELECT * FROM prime AS d"
    " WHERE d.p * d.p <= prime.p AND prime.p % d.p = 0);"
    "SELECT count(*) AS primes, max(p) AS largest FROM prime";

static int
print_row(void *arg, int columns, char **values, char **names)
{
    (void)arg;
    for (int i = 0; i < columns; i++)
        printf("%s: %s\n", names[i], values[i] ? values[i] : "NULL");
    return ferror(stdout);
}

int
main(int argc, char **argv)
{
    struct alcove_bridge_options one = {.struct_size = sizeof one,
                                        .threads = ALCOVE_BRIDGE_THREADS_ONE};
    struct alcove_stats_snapshot books = {.struct_size = sizeof books};
    struct alcove_stats stats;
    const char *sql = argc > 1 ? argv[1] : demo;
    sqlite3 *db = NULL;
    char text[4096];
    bool ok;

    if (!alcove_stats_init(&stats, alcove_malloc(), NULL) ||
        !sql_bind(&stats.allocator, &one, NULL) || sql_install() != SQLITE_OK) {
        fputs("sqlite: the memory functions were not taken\n", stderr);
        return 1;
    }
    ok = sqlite3_open(":memory:", &db) == SQLITE_OK &&
         sqlite3_exec(db, sql, print_row, NULL, NULL) == SQLITE_OK;
    if (!ok)
        fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
    ok = sqlite3_close(db) == SQLITE_OK && sqlite3_shutdown() == SQLITE_OK &&
         alcove_stats_take(&stats, &books, NULL) &&
         alcove_stats_done(&stats, NULL) && fflush(stdout) == 0 && ok;
    alcove_stats_format(&books, text, sizeof text);
    fputs(text, stderr);
    return !ok;
}
