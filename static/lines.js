// Another line on a quote or an agreement, without asking the server for it. Without this script there is room for one
// more each time that the form is sent.
const more = document.getElementById("more-lines");
const total = document.querySelector("[name=lines-TOTAL_FORMS]");
const most = Number(document.querySelector("[name=lines-MAX_NUM_FORMS]").value);

function show() {
  more.hidden = Number(total.value) >= most;
}

more.addEventListener("click", (event) => {
  event.preventDefault();
  const holder = document.createElement("div");
  holder.innerHTML = document.getElementById("empty-line").innerHTML.replaceAll("__prefix__", total.value);
  const line = holder.firstElementChild;
  document.getElementById("lines").append(line);
  total.value = Number(total.value) + 1;
  line.querySelector("select, input").focus();
  show();
});
show();
