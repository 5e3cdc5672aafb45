#compdef kie-batch
# zsh completion for kie-batch: source <(kie-batch completion zsh)
_kie-batch() {
  local at='' files='' i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    case "$at/${words[i]}" in
      /run|/enqueue|/worker|/serve|/status|/watch|/list|/export|/import|/retry|/cancel|/pause|/resume|/priority|/remove|/schedule|/schedule/add|/schedule/list|/schedule/run|/schedule/pause|/schedule/resume|/schedule/remove|/models|/doctor|/simulate|/demo|/completion) at="$at/${words[i]}" ;;
    esac
  done
  case "$at ${words[CURRENT-1]}" in
    '/run --batch') found=() found+=(${(f)"$(${words[1]} completion batches 2>/dev/null)"}) ;;
    '/run --model') found=('sora-watermark-remover' 'happyhorse/video-edit' 'kling-2.6/motion-control' 'kling-3.0/motion-control' 'kling-3.0-omni/transformation' 'topaz/video-upscale' 'volcengine/video-to-video-lip-sync' 'wan/2-2-animate-move' 'wan/2-2-animate-replace' 'wan/2-6-flash-video-to-video' 'wan/2-6-video-to-video' 'wan/2-7-videoedit') ;;
    '/run --model-file') found=() files='yes' ;;
    '/run --set') found=() ;;
    '/run --column') found=() ;;
    '/run --keep-columns') found=() ;;
    '/run --problems') found=() files='yes' ;;
    '/run --priority') found=() ;;
    '/run --max-credits') found=() ;;
    '/run --limit-rate') found=() ;;
    '/enqueue --batch') found=() found+=(${(f)"$(${words[1]} completion batches 2>/dev/null)"}) ;;
    '/enqueue --model') found=('sora-watermark-remover' 'happyhorse/video-edit' 'kling-2.6/motion-control' 'kling-3.0/motion-control' 'kling-3.0-omni/transformation' 'topaz/video-upscale' 'volcengine/video-to-video-lip-sync' 'wan/2-2-animate-move' 'wan/2-2-animate-replace' 'wan/2-6-flash-video-to-video' 'wan/2-6-video-to-video' 'wan/2-7-videoedit') ;;
    '/enqueue --model-file') found=() files='yes' ;;
    '/enqueue --set') found=() ;;
    '/enqueue --column') found=() ;;
    '/enqueue --keep-columns') found=() ;;
    '/enqueue --problems') found=() files='yes' ;;
    '/enqueue --priority') found=() ;;
    '/enqueue --max-credits') found=() ;;
    '/enqueue --source') found=() files='yes' ;;
    '/worker --stages') found=('submit' 'status' 'download') ;;
    '/worker --model-file') found=() files='yes' ;;
    '/worker --limit-rate') found=() ;;
    '/serve --model-file') found=() files='yes' ;;
    '/export --format') found=('jsonl' 'csv' 'urls') ;;
    '/export --state') found=('queued' 'submitting' 'processing' 'downloading' 'saved' 'failed' 'cancelled' 'held') ;;
    '/export --reason') found=('invalid-link' 'rejected' 'generation-failed' 'task-timeout' 'download-failed' 'result-invalid' 'attempts-exhausted' 'budget-exhausted' 'input-unreadable') ;;
    '/import --batch') found=() found+=(${(f)"$(${words[1]} completion batches 2>/dev/null)"}) ;;
    '/import --format') found=('jsonl' 'csv') ;;
    '/import --model-file') found=() files='yes' ;;
    '/retry --reason') found=('invalid-link' 'rejected' 'generation-failed' 'task-timeout' 'download-failed' 'result-invalid' 'attempts-exhausted' 'budget-exhausted' 'input-unreadable') ;;
    '/schedule/add --cron') found=() ;;
    '/schedule/add --source') found=() files='yes' ;;
    '/schedule/add --tz') found=() ;;
    '/schedule/add --batch-template') found=() ;;
    '/schedule/add --model') found=('sora-watermark-remover' 'happyhorse/video-edit' 'kling-2.6/motion-control' 'kling-3.0/motion-control' 'kling-3.0-omni/transformation' 'topaz/video-upscale' 'volcengine/video-to-video-lip-sync' 'wan/2-2-animate-move' 'wan/2-2-animate-replace' 'wan/2-6-flash-video-to-video' 'wan/2-6-video-to-video' 'wan/2-7-videoedit') ;;
    '/schedule/add --model-file') found=() files='yes' ;;
    '/schedule/add --set') found=() ;;
    '/schedule/add --column') found=() ;;
    '/schedule/add --max-credits') found=() ;;
    '/schedule/run --model-file') found=() files='yes' ;;
    '/models --model-file') found=() files='yes' ;;
    '/doctor --model') found=('sora-watermark-remover' 'happyhorse/video-edit' 'kling-2.6/motion-control' 'kling-3.0/motion-control' 'kling-3.0-omni/transformation' 'topaz/video-upscale' 'volcengine/video-to-video-lip-sync' 'wan/2-2-animate-move' 'wan/2-2-animate-replace' 'wan/2-6-flash-video-to-video' 'wan/2-6-video-to-video' 'wan/2-7-videoedit') ;;
    '/doctor --model-file') found=() files='yes' ;;
    '/simulate --host') found=() ;;
    '/simulate --port') found=() ;;
    '/simulate --public-url') found=() ;;
    '/simulate --seed') found=() ;;
    '/simulate --api-key') found=() ;;
    '/simulate --unauthorized-as') found=() ;;
    '/simulate --credits') found=() ;;
    '/simulate --credits-per-task') found=() ;;
    '/simulate --price-factor') found=() ;;
    '/simulate --video-seconds') found=() ;;
    '/simulate --show-credits') found=() ;;
    '/simulate --price-list') found=() ;;
    '/simulate --bill-failures') found=() ;;
    '/simulate --credits-refusal-code') found=() ;;
    '/simulate --condition') found=() ;;
    '/simulate --models') found=() ;;
    '/simulate --paused-models') found=() ;;
    '/simulate --disabled-models') found=() ;;
    '/simulate --limit') found=() ;;
    '/simulate --limiter') found=() ;;
    '/simulate --other-client-share') found=() ;;
    '/simulate --refusal') found=() ;;
    '/simulate --retry-after') found=() ;;
    '/simulate --rate-limit-headers') found=() ;;
    '/simulate --query-limit') found=() ;;
    '/simulate --upload-limit') found=() ;;
    '/simulate --upload-lifetime-ms') found=() ;;
    '/simulate --task-time') found=() ;;
    '/simulate --request-delay') found=() ;;
    '/simulate --answer-delay') found=() ;;
    '/simulate --record-visible-after-ms') found=() ;;
    '/simulate --task-ids') found=() ;;
    '/simulate --cost-time-unit') found=() ;;
    '/simulate --results-per-task') found=() ;;
    '/simulate --result-kinds') found=() ;;
    '/simulate --result-bytes') found=() ;;
    '/simulate --result-lifetime-ms') found=() ;;
    '/simulate --dead-result-share') found=() ;;
    '/simulate --result-urls') found=() ;;
    '/simulate --minted-links') found=() ;;
    '/simulate --validators') found=() ;;
    '/simulate --ordinary-agent-only') found=() ;;
    '/simulate --redirect-to') found=() ;;
    '/simulate --webhook-key') found=() ;;
    '/simulate --callback-delay') found=() ;;
    '/simulate --callback-tries') found=() ;;
    '/simulate --callback-retry-ms') found=() ;;
    '/simulate --callback-timeout-ms') found=() ;;
    '/simulate --callback-id-at') found=() ;;
    '/simulate --faults') found=() ;;
    '/simulate --link-faults') found=() ;;
    '/simulate --slow-answer-ms') found=() ;;
    '/simulate --recover-after-ms') found=() ;;
    '/simulate --empty-result-ms') found=() ;;
    *)
      case "$at" in
        '') found=('run:Enqueue links and work on this batch here until all of them are saved or failed' 'enqueue:Enqueue links for workers; prints how many were accepted' 'worker:Work on queued links until stopped' 'serve:Serve the dashboard, the API and callbacks over HTTP until stopped' 'status:Show counts, rate, time left and halts, of one batch or of all' 'watch:Follow a batch, or everything, until it is finished' 'list:List the batches, the newest first' 'export:Print every link of a batch with its state and result' 'import:Import the export of another kie-batch, to move to another Redis (docs/moving.md)' 'retry:Retry failed, cancelled and held links of a batch; results of paid tasks are collected for free' 'cancel:Cancel the waiting and held links of a batch; paid tasks are still collected' 'pause:Stop submitting links, of one batch or of all; tasks at the vendor are still collected' 'resume:Resume a batch; without a name, resume everything' 'priority:Set the priority of a batch: with 3 it submits three links for each link of a batch with 1' 'remove:Remove the records of a batch’s finished links from Redis; videos are kept' 'schedule:Read new links from a source on a schedule (cron)' 'models:List the models with their input videos and prices, or show one with its inputs' 'doctor:Check key, credits, model, Redis, storage, callbacks and clocks; costs nothing' 'simulate:Run the simulated vendor until stopped' 'demo:Try it with the simulated vendor and bundled links and clips; needs no key' 'completion:Print a completion script for a shell' '--version:output the version number' '-V:output the version number' '--help:display help for command' '-h:display help for command') ;;
        '/run') found=('--batch:name of the batch (default: after the first file)' '--model:model to run the links through' '--model-file:your own model definition (JSON, see docs/models.md); repeatable' '--set:an input of the model for all links, such as prompt="…"; repeatable (see models ID)' '--column:column of a CSV, or field of JSON objects, that holds the link' '--keep-columns:keep these columns and the line number for export and sidecar: names separated by commas, or all' '--problems:write all lines without a usable link to this file, as JSONL' '--priority:links submitted for each link of a batch with priority 1 (default: unchanged, else 1)' '--max-credits:most credits that the batch may spend in total' '--yes:start without asking' '--dry-run:show what would be accepted, refused and paid, without enqueueing' '--upload:fetch the videos and upload them to the vendor, for links that it cannot reach (private addresses need ALLOW_PRIVATE_ADDRESSES)' '--force:process links again that were saved before: they are paid again' '--json:print JSON on standard output, everything else on standard error' '--exit-on-halt:end with exit code 3 when the account or the model is halted' '--all:work on all batches, not only on this one' '--limit-rate:download limit of this process per second, such as 10MB' '--serve:also run the dashboard and the API in this process, like serve' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') files='yes' ;;
        '/enqueue') found=('--batch:name of the batch (default: after the first file)' '--model:model to run the links through' '--model-file:your own model definition (JSON, see docs/models.md); repeatable' '--set:an input of the model for all links, such as prompt="…"; repeatable (see models ID)' '--column:column of a CSV, or field of JSON objects, that holds the link' '--keep-columns:keep these columns and the line number for export and sidecar: names separated by commas, or all' '--problems:write all lines without a usable link to this file, as JSONL' '--priority:links submitted for each link of a batch with priority 1 (default: unchanged, else 1)' '--max-credits:most credits that the batch may spend in total' '--yes:start without asking' '--dry-run:show what would be accepted, refused and paid, without enqueueing' '--upload:fetch the videos and upload them to the vendor, for links that it cannot reach (private addresses need ALLOW_PRIVATE_ADDRESSES)' '--force:process links again that were saved before: they are paid again' '--json:print JSON on standard output, everything else on standard error' '--source:instead of files: new links in a file or glob, folder:PATH, https://… or s3://… (docs/sources.md)' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') files='yes' ;;
        '/worker') found=('--stages:stages to work on, separated by commas: submit, status, download' '--model-file:your own model definition (JSON, see docs/models.md); repeatable' '--limit-rate:download limit of this process per second, such as 10MB' '--check:only check whether a worker of this host is alive: exit code 0, else 1' '--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') ;;
        '/serve') found=('--callbacks-only:serve only callbacks and health checks' '--model-file:your own model definition (JSON, see docs/models.md); repeatable' '--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') ;;
        '/status') found=('--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') found+=(${(f)"$(${words[1]} completion batches 2>/dev/null)"}) ;;
        '/watch') found=('--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') found+=(${(f)"$(${words[1]} completion batches 2>/dev/null)"}) ;;
        '/list') found=('--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') ;;
        '/export') found=('--format:urls: the links alone' '--state:only links in this state' '--reason:only links that failed for this reason' '--verify:read every saved file and compare it with its record; adds the columns verdict and finding' '--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') found+=(${(f)"$(${words[1]} completion batches 2>/dev/null)"}) ;;
        '/import') found=('--batch:batch to import into (default: the batches in the rows)' '--format:default: by the file name, else jsonl' '--model-file:your own model definition (JSON, see docs/models.md); repeatable' '--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') files='yes' ;;
        '/retry') found=('--reason:only links that failed for this reason' '--missing:instead: fetch missing files of saved links again, for free' '--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') found+=(${(f)"$(${words[1]} completion batches 2>/dev/null)"}) ;;
        '/cancel') found=('--abandon:also abandon the results of paid tasks' '--yes:with --abandon: do not ask' '--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') found+=(${(f)"$(${words[1]} completion batches 2>/dev/null)"}) ;;
        '/pause') found=('--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') found+=(${(f)"$(${words[1]} completion batches 2>/dev/null)"}) ;;
        '/resume') found=('--json:print JSON on standard output, everything else on standard error' '--reset-gate:end a pause that the vendor asked for, forget the learned limit, and start from SUBMIT_LIMIT' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') found+=(${(f)"$(${words[1]} completion batches 2>/dev/null)"}) ;;
        '/priority') found=('--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') found+=(${(f)"$(${words[1]} completion batches 2>/dev/null)"}) ;;
        '/remove') found=('--yes:do not ask if paid results would be forgotten' '--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') found+=(${(f)"$(${words[1]} completion batches 2>/dev/null)"}) ;;
        '/schedule') found=('add:Create or change a schedule; workers run it' 'list:List the schedules with their next and last runs, or one with its history' 'run:Run a schedule now, in this process, paused or not' 'pause:Pause a schedule' 'resume:Resume a paused schedule' 'remove:Remove a schedule and its history; its batches are kept, and links it has seen stay known' '--help:display help for command' '-h:display help for command') ;;
        '/schedule/add') found=('--cron:when, as in "*/15 * * * *" or @daily; six fields: seconds first' '--source:a file or glob, folder:PATH (an inbox), https://…, s3://bucket/key or s3://bucket/prefix/' '--tz:time zone of the cron expression, as in Europe/Berlin' '--batch-template:name of the batches, with {name}, {date}, {time}' '--model:model to run the links through' '--model-file:your own model definition (JSON, see docs/models.md); repeatable' '--set:an input of the model for all links, such as prompt="…"; repeatable (see models ID)' '--column:column of a CSV, or field of JSON objects, that holds the link' '--max-credits:most credits that each batch may spend in total' '--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') ;;
        '/schedule/list') found=('--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') ;;
        '/schedule/run') found=('--model-file:your own model definition (JSON, see docs/models.md); repeatable' '--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') ;;
        '/schedule/pause') found=('--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') ;;
        '/schedule/resume') found=('--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') ;;
        '/schedule/remove') found=('--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') ;;
        '/models') found=('--model-file:your own model definition (JSON, see docs/models.md); repeatable' '--refresh:read the vendor’s public price list now, even if the cached one is new' '--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command' 'sora-watermark-remover' 'happyhorse/video-edit' 'kling-2.6/motion-control' 'kling-3.0/motion-control' 'kling-3.0-omni/transformation' 'topaz/video-upscale' 'volcengine/video-to-video-lip-sync' 'wan/2-2-animate-move' 'wan/2-2-animate-replace' 'wan/2-6-flash-video-to-video' 'wan/2-6-video-to-video' 'wan/2-7-videoedit') ;;
        '/doctor') found=('--model:model to check at the vendor' '--model-file:your own model definition (JSON, see docs/models.md); repeatable' '--test-alert:send a test alert to every configured webhook and mail address' '--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') ;;
        '/simulate') found=('--json:print JSON on standard output, everything else on standard error' '--host:address to listen on' '--port:port to listen on; 0 takes any free one' '--public-url:start of result URLs, where clients reach the simulator by another name; else the Host they used' '--seed:makes task times, delays and faults repeatable' '--api-key:the only key accepted; unset: any bearer key' '--unauthorized-as:how a wrong key is refused: code 401 with HTTP 200, or HTTP 401' '--credits:balance of the account; setting it while running tops it up' '--credits-per-task:price of every task; unset: by the model’s definition, its inputs and the length of the video' '--price-factor:what tasks cost in comparison with the definition and the price list, like 1.25' '--video-seconds:length of videos that cannot be read here, for prices by the second' '--show-credits:when a record says what its task costs; until then it says 0' '--price-list:the public price list: as it should be, late by slowAnswerMs, an HTML page, or not there' '--bill-failures:failed tasks keep their price' '--credits-refusal-code:code of the refusal when the balance is too low: 402, or 500 with the same text' '--condition:state of the account: codes 401, 433, 455 and 404 instead of an answer' '--models:models that exist, separated by commas' '--paused-models:models answered with `This interface is temporarily paused`' '--disabled-models:models answered with code 505' '--limit:new tasks per time, like 20/10s' '--limiter:how the limit is counted' '--other-client-share:share of the limit that a second client of the account uses' '--refusal:how the limit refuses: code 429 with HTTP 200, HTTP 429 with JSON, HTTP 429 with plain text' '--retry-after:Retry-After on refusals: absent, in seconds, or as a date' '--rate-limit-headers:RateLimit headers on answers to creates: absent, the structured form, or the three X- ones' '--query-limit:queries per time of each task, like 3/1s, or none' '--upload-limit:uploads per time, like 3/1s, or none' '--upload-lifetime-ms:for how long an upload is kept' '--task-time:time from create to the end: `2s`, `1s-3s` (uniform), `exponential:5s` (mean), `bimodal:2s,30s,0.8` (short, long, share of the short), `lognormal:5s,0.6` (median, sigma)' '--request-delay:delay of each request on its way in, same forms' '--answer-delay:delay of each answer on its way back, same forms' '--record-visible-after-ms:for how long a new task is `recordInfo is null`' '--task-ids:ids of 32 hex digits, or task_MODEL_TIME' '--cost-time-unit:unit of costTime' '--results-per-task:results of a task' '--result-kinds:kinds of these results in turn, such as mp4,png; at least one of each: mp4, mov, webm, mkv, gif, png, jpeg, webp, mp3, wav' '--result-bytes:least size of a result, like 200MB; 0: about 40 kB' '--result-lifetime-ms:for how long a result URL works' '--dead-result-share:share of links whose first result URLs answer 403 from the start' '--result-urls:what reading a record again gives: the same result URLs, or fresh ones' '--minted-links:what download-url gives: links that work for 20 minutes, links that answer 403, or code 422' '--validators:ETag of results: strong, weak, or neither ETag nor Last-Modified' '--ordinary-agent-only:refuse downloads without the User-Agent of a browser (403 `error code: 1010`)' '--redirect-to:where the fault result-redirect points; unset: the same file' '--webhook-key:callbacks are signed with this key' '--callback-delay:time from the end of a task to its callback, same forms' '--callback-tries:tries of a callback that is not answered with 200' '--callback-retry-ms:time between these tries' '--callback-timeout-ms:time a callback may take to be answered' '--callback-id-at:where callbacks carry the task id' '--faults:rates of faults, like create-500=0.1,result-cut=0.3' '--link-faults:faults for links that contain a text, like s_68e8=create-500*2 (the first two times)' '--slow-answer-ms:delay of the slow faults' '--recover-after-ms:time from failCode 524 to success of task-recovers' '--empty-result-ms:time without a usable resultJson' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') ;;
        '/demo') found=('--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command') ;;
        '/completion') found=('--json:print JSON on standard output, everything else on standard error' '--quiet:print only problems and the requested output' '-q:print only problems and the requested output' '--verbose:log details to standard error' '-v:log details to standard error' '--help:display help for command' '-h:display help for command' 'bash' 'zsh' 'fish') ;;
      esac ;;
  esac
  (( ${#found} )) && _describe 'kie-batch' found
  [[ -n $files && $PREFIX != -* ]] && _files
}
if [[ $funcstack[1] == _kie-batch ]]; then _kie-batch "$@"; else compdef _kie-batch kie-batch; fi
