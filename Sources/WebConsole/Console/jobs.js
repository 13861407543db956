// Jobs as they go on, and the transforms that they run. Shown where the server has them.

import { Pager, filters, held } from "./assets.js";
import {
  badge, button, code, copyButton, dialog, duration, el, facts, failure, heading, link, path, say, section, shortID,
    table,
  time,
} from "./elements.js";
import { yaml } from "./documents.js";
import { Following, all, ask, choices, may } from "./interface.js";

const LOOKS = { finished: "good", error: "bad", canceled: "", canceling: "wait", processing: "busy", scheduled: "wait",
  queued: "", paused: "wait" };
const stateOf = ({ state }) => badge(state, LOOKS[state] ?? "");
const ENDED = ["finished", "error", "canceled"];
const EVENTS = "GET /v1/jobs/{id}/events";
const PAGE = 50;

function progress({ state, progress: share }, name) {
  const percent = Math.floor((share ?? 0) * 100);
  if (state === "finished") return "–";
  if (state === "error" || state === "canceled") return `${percent} %`;
  return el("span", { class: "share" }, el("progress", { max: 100, value: String(percent),
    "aria-label": `Progress of ${name}` }),
    ` ${percent} %`);
}

export function jobsPage(parameters) {
  const pager = new Pager();
  const form = filters([
    { name: "asset", label: "Asset", type: "search", value: parameters.get("asset") },
    { name: "state", label: "State", kind: "choice", options: ["", ...choices("GET /v1/jobs", "state")],
      value: parameters.get("state") ?? "" },
  ], () => { pager.reset(); page.refresh(); });
  const submit = may("POST /v1/jobs") ? [button("New job", () => submitJob(), { class: "primary" })] : [];
  const page = {
    title: "Jobs", every: 2000,
    top: [heading("Jobs", submit), form],
    load: async () => (await ask("GET /v1/jobs", { ...held(form), limit: PAGE, after: pager.after })).data,
    draw({ jobs, next }) {
      const rows = jobs.map((job) => [
        link(`jobs/${path(job.id)}`, shortID(job.id)), link(`assets/${path(job.asset)}`, job.asset), job.transform,
          stateOf(job),
        progress(job, job.asset), time(job.created), job.errorMessage ?? "",
      ]);
      return [table("Jobs", ["Job", "Asset", "Transform", "State", "Progress", "Submitted", "Error"], rows,
        { empty: "No job is like that.", keys: jobs.map(({ id }) => id) }), pager.controls(next, page.refresh)];
    },
  };
  return page;
}

async function submitJob() {
  const transforms = await all("GET /v1/transforms", "transforms").catch(() => []);
  const done = await dialog({
    title: "New job", submit: "Submit",
    fields: [
      { name: "transform", label: "Transform", kind: "choice", options: transforms.map(({ name }) => name),
        value: transforms[0]?.name },
      { name: "asset", label: "Asset", required: true, hint: "It gets a version; made when there is none." },
      { name: "inputs", label: "Inputs", kind: "area", rows: 3,
        hint: "Absolute paths on the server, one on a line, below the folders that its configuration names, "
          + "or originals as asset:NAME/FILE. None for a transform that encodes nothing." },
      { name: "priority", label: "Priority", type: "number",
        hint: "Larger ones run first; the transform’s when empty." },
    ],
    action: async ({ inputs, priority, ...asked }) => (await ask("POST /v1/jobs", {
      ...asked, inputs: (inputs ?? "").split("\n").map((line) => line.trim()).filter(Boolean),
      priority: priority === undefined ? undefined : Number(priority),
    })).data,
  });
  if (done) { say("The job is submitted."); location.hash = `#/jobs/${path(done.job.id)}`; }
}

/** Of each: the route's last word, the words on the button, the question, whether it looks dangerous, in which states
   it is there. */
const VERBS = [
  ["pause", "Pause", "Begin nothing more of this job?", false, ["queued", "scheduled", "processing"]],
  ["resume", "Resume", "Let this job go on?", false, ["paused"]],
  ["retry", "Retry", "Begin this job again, at the tasks that did not finish?", false, ["error", "canceled"]],
  ["cancel", "Cancel the job", "Cancel this job?", true, ["queued", "scheduled", "processing", "paused"]],
];

function verbs({ job }, page) {
  return VERBS.filter(([verb, , , , states]) => may(`POST /v1/jobs/{id}/${verb}`) && states.includes(job.state))
    .map(([verb, words, title, danger]) => button(words, async () => {
      const done = await dialog({ title, submit: words, danger,
        action: () => ask(`POST /v1/jobs/{id}/${verb}`, { id: job.id }) });
      if (done) { say(`${words}: done.`); await page.refresh(); }
    }, { class: danger ? "danger" : "" }));
}

export function jobPage(id) {
  const actions = el("span", { class: "actions" });
  const page = {
    title: "Job", every: 2000,
    top: [heading("Job", actions)],
    stop: () => following.stop(),
    async load() {
      const { data } = await ask("GET /v1/jobs/{id}", { id });
      following.follow(ENDED.includes(data.job.state) ? [] : [id]);
      return data;
    },
    draw(found) {
      const { job, inputs, warnings, tasks, remaining } = found;
      actions.replaceChildren(...verbs(found, page));
      return [
        facts([["Job", code(job.id)], ["Asset", link(`assets/${path(job.asset)}`, job.asset)],
          ["Transform", job.transform],
          ["State", stateOf(job)], ["Progress", progress(job, "the job")],
          ["Still takes", remaining === undefined ? null : `about ${duration(remaining)}`],
            ["Priority", String(job.priority)],
          ["Submitted", time(job.created)], ["Begun", time(job.started)], ["Ended", time(job.ended)],
          ["Made version", job.version], ["Inputs", inputs.map((input) => el("div", {}, code(input)))],
          ["Correlation", Object.entries(job.correlation ?? {}).map(([name, value]) =>
            el("div", {}, `${name}: ${value}`))]]),
        job.errorMessage ? failure(Object.assign(new Error(job.errorMessage), { code: job.errorCode })) : null,
        warnings.length ? el("ul", { class: "warnings" }, warnings.map((words) => el("li", {}, words))) : null,
        section("Tasks", [], taskTable(tasks)),
      ].filter(Boolean);
    },
  };
  // Events come at once; without them the page still asks every two seconds.
  const following = new Following(EVENTS, () => page.refresh());
  return page;
}

function taskTable(tasks) {
  const rows = tasks.map((task) => [
    task.name, task.kind, stateOf(task), progress(task, task.name), task.attempt || "–", task.after.join(", ") || "–",
    [task.errorMessage ?? null, task.notBefore && task.state === "scheduled"
      ? el("div", {}, "tried again at ", time(task.notBefore)) : null,
      Object.entries(task.result ?? {}).map(([name, value]) => el("div", {}, `${name}: ${value}`))],
  ]);
  return table("Tasks", ["Task", "Kind", "State", "Progress", "Attempt", "After", "What came of it"], rows);
}

export function transformsPage() {
  const pager = new Pager();
  const page = {
    title: "Transforms",
    top: [heading("Transforms")],
    load: async () => (await ask("GET /v1/transforms", { after: pager.after })).data,
    draw: ({ transforms, next }) => [table("Transforms", ["Name", "What it is for", "Tasks", "From"],
      transforms.map((one) => [
      link(`transforms/${path(one.name)}`, one.name), one.description ?? "–", one.tasks.join(", "), one.builtIn
        ? "built in" : "a document",
    ]), { empty: "There are none." }), pager.controls(next, page.refresh)],
  };
  return page;
}

export function transformPage(name) {
  return {
    title: name,
    top: [heading(name)],
    load: async () => (await ask("GET /v1/transforms/{name}", { name })).data,
    draw: (transform) => [facts([["Kind", transform.kind]]), el("div", { class: "document" },
      el("div", { class: "document-actions" }, copyButton(yaml(transform), `the document of ${name}`)),
      el("pre", { tabindex: "0" }, yaml(transform)))],
  };
}
