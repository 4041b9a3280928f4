// What a node asks of the system for its own process.
#pragma once

namespace testamur::node {

// No core file of this process and no other process that looks into it: both would show its keys.
// Never fails: what the system refuses stays as it was.
void protect_process();

}  // namespace testamur::node
