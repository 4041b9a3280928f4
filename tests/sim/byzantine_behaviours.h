// What a ScriptedNode may say in place of the truth, by the names that scenario files use.
#pragma once

#include <map>
#include <string>

#include "tests/sim/scripted_node.h"

namespace testamur::sim {

const std::map<std::string, ScriptedNode::Script>& byzantine_behaviours();

}  // namespace testamur::sim
