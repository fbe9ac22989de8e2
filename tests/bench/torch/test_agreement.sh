#!/usr/bin/env bash
# labels: torch slow grad
# mqcast and PyTorch do the same work: loss and gradients of one step agree.
here=$(cd "$(dirname "$0")" && pwd)
python=/usr/bin/python3
"$python" -c 'import torch' || { echo 'skipped: no python3-torch'; exit 77; }
"$python" "$here/agreement.py" --mqcast "${MQCAST:?names the program under test}"
