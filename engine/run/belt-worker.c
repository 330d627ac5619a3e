/* belt-worker.c - a thread that runs rules
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-worker.h"

#include "belt-clock.h"
#include "belt-inbox.h"
#include "belt-lookup.h"

/* Commands come one by one from a person or a REST client. */
#define COMMANDS_MAX 1000000u

/* The first change is told at once, as a person sees it; what goes on changing, more rarely. */
#define CHANGED_FIRST_MS 50u
#define CHANGED_EVERY_MS 200u

struct _BeltWorker
{
  GThread      *thread;
  GMainContext *context;
  GMainLoop    *loop;
  BeltInbox    *commands;
  GHashTable   *feeds;         /* worker */
  GHashTable   *tables;        /* worker */
  guint         n_holds;       /* worker */
  gboolean      quitting;      /* worker */
  GArray       *changed;       /* worker; of Command */
  GSource      *changed_timer; /* worker */

  GMutex        mutex;
  GCond         exited_cond;
  gboolean      exited;     /* guarded */
};

typedef struct
{
  void (*func)(gpointer data);
  gpointer data;
} Command;

static void
carry_out_cb (gpointer message,
              gpointer user_data)
{
  g_autofree Command *command = message;

  command->func (command->data);
}

static void
free_table (gpointer data)
{
  belt_lookup_unref (data);
}

static gpointer
run_thread (gpointer data)
{
  BeltWorker *self = data;

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  g_main_context_pop_thread_default (self->context);

  g_mutex_lock (&self->mutex);
  self->exited = TRUE;
  g_cond_signal (&self->exited_cond);
  g_mutex_unlock (&self->mutex);

  return NULL;
}

BeltWorker *
belt_worker_new (guint number)
{
  BeltWorker *self = g_new0 (BeltWorker, 1);
  g_autofree char *name = g_strdup_printf ("belt-worker-%u", number);

  g_mutex_init (&self->mutex);
  g_cond_init (&self->exited_cond);
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->commands = belt_inbox_new (self->context, COMMANDS_MAX, G_MAXSIZE, carry_out_cb, self, g_free);
  self->feeds = g_hash_table_new (NULL, NULL);
  self->tables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_table);
  self->changed = g_array_new (FALSE, FALSE, sizeof (Command));
  self->thread = g_thread_new (name, run_thread, self);

  return self;
}

void
belt_worker_invoke (BeltWorker *self,
                    void (     *func ) (gpointer data),
                    gpointer    data)
{
  Command *command = g_new (Command, 1);

  *command = (Command) { func, data };
  belt_inbox_post (self->commands, command, 0);
}

static void
quit_if_free (BeltWorker *self)
{
  if (self->quitting && self->n_holds == 0)
    g_main_loop_quit (self->loop);
}

static void
quit_cb (gpointer data)
{
  BeltWorker *self = data;

  self->quitting = TRUE;
  quit_if_free (self);
}

gboolean
belt_worker_shutdown (BeltWorker *self,
                      guint       deadline_ms)
{
  gint64 deadline = g_get_monotonic_time () + deadline_ms * G_GINT64_CONSTANT (1000);
  gboolean exited;

  belt_worker_invoke (self, quit_cb, self);

  g_mutex_lock (&self->mutex);
  while (!self->exited && g_cond_wait_until (&self->exited_cond, &self->mutex, deadline))
    ;
  exited = self->exited;
  g_mutex_unlock (&self->mutex);
  if (!exited)
    {
      g_thread_unref (self->thread);
      return FALSE;
    }

  g_thread_join (self->thread);
  belt_inbox_close (self->commands);
  belt_inbox_unref (self->commands);
  belt_timer_clear (&self->changed_timer);
  g_array_unref (self->changed);
  g_hash_table_unref (self->feeds);
  g_hash_table_unref (self->tables);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_cond_clear (&self->exited_cond);
  g_mutex_clear (&self->mutex);
  g_free (self);

  return TRUE;
}

GMainContext *
belt_worker_get_context (BeltWorker *self)
{
  return self->context;
}

void
belt_worker_hold (BeltWorker *self)
{
  self->n_holds++;
}

void
belt_worker_release (BeltWorker *self)
{
  g_assert (self->n_holds > 0);

  self->n_holds--;
  quit_if_free (self);
}

GHashTable *
belt_worker_get_feeds (BeltWorker *self)
{
  return self->feeds;
}

GHashTable *
belt_worker_get_tables (BeltWorker *self)
{
  return self->tables;
}

static gboolean changed_cb (gpointer user_data);

static void
arm_changed (BeltWorker *self,
             guint       delay_ms)
{
  g_assert (self->changed_timer == NULL);

  self->changed_timer = g_timeout_source_new (delay_ms);
  g_source_set_static_name (self->changed_timer, "belt-changed");
  g_source_set_callback (self->changed_timer, changed_cb, self, NULL);
  g_source_attach (self->changed_timer, self->context);
}

static gboolean
changed_cb (gpointer user_data)
{
  BeltWorker *self = user_data;
  g_autoptr(GArray) changed = g_steal_pointer (&self->changed);

  g_clear_pointer (&self->changed_timer, g_source_unref);
  self->changed = g_array_sized_new (FALSE, FALSE, sizeof (Command), changed->len);
  if (changed->len > 0)
    arm_changed (self, CHANGED_EVERY_MS);
  for (guint i = 0; i < changed->len; i++)
    {
      Command *command = &g_array_index (changed, Command, i);

      command->func (command->data);
    }

  return G_SOURCE_REMOVE;
}

void
belt_worker_add_changed (BeltWorker *self,
                         void (     *func ) (gpointer data),
                         gpointer    data)
{
  Command command = { func, data };

  g_array_append_val (self->changed, command);
  if (self->changed_timer == NULL)
    arm_changed (self, CHANGED_FIRST_MS);
}

void
belt_worker_remove_changed (BeltWorker *self,
                            gpointer    data)
{
  for (guint i = 0; i < self->changed->len; i++)
    {
      if (g_array_index (self->changed, Command, i).data == data)
        {
          g_array_remove_index_fast (self->changed, i);
          return;
        }
    }
}

gboolean
belt_worker_is_current (BeltWorker *self)
{
  return g_main_context_is_owner (self->context);
}
