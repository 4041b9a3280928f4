// A validator whose every broadcast is decided by a scenario: it may say something else, or to some
// only.
#pragma once

#include <functional>

#include "tests/sim/sim_node.h"

namespace testamur::sim {

class ScriptedNode final : public SimNode {
 public:
  using Script = std::function<void(ScriptedNode&, const consensus::Message&)>;

  ScriptedNode(NodeSettings settings, Timeline& timeline, Network& network, Checker& checker,
               Random random, Script script)
      : SimNode(not_honest(std::move(settings)), timeline, network, checker, random),
        script_(std::move(script)) {}

  void broadcast(const consensus::Message& message) override { script_(*this, message); }
  void say_to_all(const consensus::Message& message) { SimNode::broadcast(message); }
  void say(std::size_t to, const consensus::Message& message) { transmit(to, message); }

 private:
  static NodeSettings not_honest(NodeSettings settings) {
    settings.honest = false;
    return settings;
  }
  Script script_;
};

}  // namespace testamur::sim
