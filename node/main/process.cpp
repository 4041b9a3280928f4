#include "node/main/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace testamur::node {

void protect_process() {
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  // Also where a core file is piped to a program, which ignores the limit.
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace testamur::node
