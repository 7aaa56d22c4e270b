/** How the button and the window stand on the site's page. Inside a shadow root: nothing of the page reaches it, and nothing of it the page. */

export const SHEET = `
:host{all:initial;position:fixed;inset:auto;width:0;height:0;z-index:2147483000;color-scheme:normal}
@media print{:host{display:none}}
*{box-sizing:border-box}
.launcher{position:fixed;bottom:var(--y);right:var(--x);display:flex;align-items:center;justify-content:center;gap:10px;min-width:60px;height:60px;padding:0 18px;border:0;border-radius:30px;background:var(--b);color:var(--f);font:600 15px/1.2 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;cursor:pointer;box-shadow:0 1px 2px rgba(16,24,40,.18),0 8px 24px rgba(16,24,40,.22);transition:transform .18s ease,box-shadow .18s ease}
.left .launcher{right:auto;left:var(--x)}
.launcher:hover{transform:translateY(-2px);box-shadow:0 2px 4px rgba(16,24,40,.2),0 12px 32px rgba(16,24,40,.28)}
.launcher:active{transform:none}
.launcher:focus-visible{outline:3px solid var(--b);outline-offset:3px;box-shadow:0 0 0 3px #fff}
.launcher svg{width:26px;height:26px;flex:none;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.launcher .label{max-width:220px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.open .label{display:none}
.badge{position:absolute;top:-5px;right:-3px;min-width:22px;height:22px;padding:0 6px;border:2px solid #fff;border-radius:11px;background:#c8102e;color:#fff;font:700 12px/18px system-ui,sans-serif;text-align:center}
[hidden]{display:none!important}
.window{position:fixed;bottom:calc(var(--y) + 76px);right:var(--x);width:400px;max-width:calc(100vw - 2*var(--x));height:min(704px,calc(100vh - var(--y) - 100px));height:min(704px,calc(100dvh - var(--y) - 100px));border:0;border-radius:18px;background:transparent;color-scheme:light dark;box-shadow:0 0 0 1px rgba(16,24,40,.06),0 12px 48px rgba(16,24,40,.24);opacity:0;visibility:hidden;transform:translateY(12px) scale(.985);transform-origin:bottom right;transition:opacity .16s ease,transform .2s cubic-bezier(.2,.8,.3,1),visibility 0s .2s}
.left .window{right:auto;left:var(--x);transform-origin:bottom left}
.open .window{opacity:1;visibility:visible;transform:none;transition-delay:0s}
@media (max-width:480px),(max-height:480px){
.window{inset:0;width:100%;max-width:none;height:100%;height:100dvh;border-radius:0;box-shadow:none}
.left .window{left:0}
.open .launcher{display:none}
}
@media (prefers-reduced-motion:reduce){.launcher,.window{transition:none}.launcher:hover,.window{transform:none}}
@media (forced-colors:active){.launcher{border:2px solid ButtonText}}
`;

/** Where the window fills the screen: it is a modal dialog there. */
export const FULL_SCREEN = "(max-width:480px),(max-height:480px)";
