/* bw-deploy-step.c - one step of a deploy: what changes, and what became of it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "bw-deploy-step.h"

#include <glib/gi18n.h>

struct _BwDeployStep
{
  GtkListBoxRow     parent_instance;

  GtkLabel         *symbol;
  GtkLabel         *title;
  GtkLabel         *action;
  GtkLabel         *detail;
  GtkLabel         *message;

  BeltDeployAction  plan_action;
};

G_DEFINE_FINAL_TYPE (BwDeployStep, bw_deploy_step, GTK_TYPE_LIST_BOX_ROW)

static void
bw_deploy_step_class_init (BwDeployStepClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/beltworks/Beltworks/bw-deploy-step.ui");
  gtk_widget_class_bind_template_child (widget_class, BwDeployStep, symbol);
  gtk_widget_class_bind_template_child (widget_class, BwDeployStep, title);
  gtk_widget_class_bind_template_child (widget_class, BwDeployStep, action);
  gtk_widget_class_bind_template_child (widget_class, BwDeployStep, detail);
  gtk_widget_class_bind_template_child (widget_class, BwDeployStep, message);
}

static void
bw_deploy_step_init (BwDeployStep *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
set_text (GtkLabel   *label,
          const char *text)
{
  gtk_label_set_label (label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (label), text != NULL && *text != '\0');
}

void
bw_deploy_step_set_state (BwDeployStep    *self,
                          BeltDeployState  state,
                          const char      *message)
{
  static const struct
  {
    const char *symbol;
    const char *word;
  } looks[] = {
    [BELT_DEPLOY_PENDING] = { "○", N_("to do") },
    [BELT_DEPLOY_RUNNING] = { "◔", N_("running") },
    [BELT_DEPLOY_DONE] = { "✓", N_("done") },
    [BELT_DEPLOY_FAILED] = { "✕", N_("failed") },
    [BELT_DEPLOY_SKIPPED] = { "–", N_("not tried") },
  };
  gboolean refused = self->plan_action == BELT_DEPLOY_REFUSED;
  gboolean same = self->plan_action == BELT_DEPLOY_SAME && state == BELT_DEPLOY_PENDING;
  g_autofree char *name = NULL;

  gtk_label_set_label (self->symbol, refused ? "✕" : same ? "✓" : looks[state].symbol);
  set_text (self->message, message);
  name = g_strdup_printf ("%s: %s, %s%s%s", gtk_label_get_label (self->title), gtk_label_get_label (self->action),
                          refused ? _("refused") : _(looks[state].word), message != NULL ? ", " : "",
                          message != NULL ? message : "");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

GtkWidget *
bw_deploy_step_new (const BeltDeployStep *step)
{
  static const char *const actions[] = {
    [BELT_DEPLOY_NEW] = N_("new"),
    [BELT_DEPLOY_REPLACE] = N_("replace"),
    [BELT_DEPLOY_SAME] = N_("same"),
    [BELT_DEPLOY_REFUSED] = N_("refused"),
    [BELT_DEPLOY_VERIFY] = N_("read back"),
  };
  BwDeployStep *self = g_object_new (BW_TYPE_DEPLOY_STEP, NULL);

  self->plan_action = step->action;
  gtk_label_set_label (self->title, step->title);
  gtk_label_set_label (self->action, _(actions[step->action]));
  set_text (self->detail, step->detail);
  bw_deploy_step_set_state (self, step->state, step->message);
  return GTK_WIDGET (self);
}
