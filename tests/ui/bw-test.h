/* bw-test.h - what the tests of the window share
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-application.h"
#include "bw-rule-page.h"
#include "bw-window-private.h"

G_BEGIN_DECLS

#define BW_TEST_WAIT_MS 20000

/* Runs the main loop until the condition holds; fails the test after 20 s. */
#define BW_WAIT(condition)                                                                   \
  G_STMT_START                                                                               \
  {                                                                                          \
    gint64 end_ = g_get_monotonic_time () + BW_TEST_WAIT_MS * G_TIME_SPAN_MILLISECOND;       \
    while (!(condition))                                                                     \
      {                                                                                      \
        if (g_get_monotonic_time () > end_)                                                  \
          g_error ("%s:%d: waited in vain for %s", __FILE__, __LINE__, #condition);          \
        bw_test_iterate ();                                                                  \
      }                                                                                      \
  }                                                                                          \
  G_STMT_END

void           bw_test_init         (int          *argc,
                                     char       ***argv);
BwApplication *bw_test_get_app      (void);
void           bw_test_iterate      (void);
/* A window of its own; `folder` NULL: Welcome. */
BwWindow      *bw_test_open         (const char   *folder,
                                     const char   *page);
void           bw_test_close        (BwWindow     *window);
/* A fresh copy of an example below the test's home. */
char          *bw_test_copy_example (const char   *name);
/* name: a path from the folder. */
void           bw_test_write_file   (const char   *folder,
                                     const char   *name,
                                     const char   *text);
/* Sorts the times, which are in ms, and prints their median, 95th percentile and worst. */
void           bw_test_print_times  (const char   *what,
                                     double       *times,
                                     guint         n);
BwPage        *bw_test_get_page     (BwWindow     *window);
void           bw_test_set_text     (BwPage       *page,
                                     const char   *text);
void           bw_test_replace      (BwPage       *page,
                                     const char   *from,
                                     const char   *to);
/* Writes NAME.png into the folder of $BW_SCREENSHOTS, if there is one. */
void           bw_test_picture      (GtkWidget    *widget,
                                     const char   *name);
/* The first operator whose kind is this, or G_MAXUINT. */
guint          bw_test_find_op      (BeltTrial    *trial,
                                     const char   *kind);
BeltTrialOp   *bw_test_get_op       (BeltTrial    *trial,
                                     guint         op);
/* The dialog that is open, waited for. */
GtkWindow     *bw_test_wait_dialog  (GType         type);
GtkWidget     *bw_test_find_widget  (GtkWidget    *root,
                                     GType         type,
                                     const char   *label);
/* Controls that are shown and have no accessible name; printed. */
guint          bw_test_count_nameless (GtkWidget  *root);
/* Longest turn of the main loop since the last call, in ms: of the clock, and of the processor's
 * time it took, which other programs do not stretch. */
double         bw_test_take_longest_turn (double *ret_cpu_ms);

G_END_DECLS
