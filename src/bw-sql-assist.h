/* bw-sql-assist.h - completion and hover for statements
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-session.h"

#include <gtksourceview/gtksource.h>

G_BEGIN_DECLS

#define BW_TYPE_SQL_ASSIST (bw_sql_assist_get_type ())
G_DECLARE_FINAL_TYPE (BwSqlAssist, bw_sql_assist, BW, SQL_ASSIST, GObject)

/* Adds itself to the view, which then owns it. */
void bw_sql_assist_attach (GtkSourceView *view,
                           BwSession     *session);

G_END_DECLS
