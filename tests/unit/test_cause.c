#include "run_fixture.h"
TestSuite(cause, .init = enter_folder, .fini = leave_run);
