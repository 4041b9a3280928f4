// The tree of commands as the program builds it, without a home or a node.
#pragma once

#include "wallet/cli/command_tree.h"
#include "wallet/cli/commands/commands.h"

namespace testamur::wallet {

struct Program {
  CommandTree app{"", "testamur"};
  Context context;
  Run run;
  Program() {
    context.commands = &app;
    add_all_commands(app, context, run);
  }
};

}  // namespace testamur::wallet
