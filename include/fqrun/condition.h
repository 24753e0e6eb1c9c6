#ifndef FQRUN_CONDITION_H
#define FQRUN_CONDITION_H
#include "fqrun/base.h"
enum fq_truth { FQ_FALSE, FQ_TRUE, FQ_UNKNOWN };
#endif
