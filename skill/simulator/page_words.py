"""The words of the device page, in the languages it speaks."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "brand": "Local provider",
        "languages": "Language",
        "footer": "A simulator on this computer. Its accounts are invented, and nothing leaves the machine.",
        "step_code": "Step 1 of 2",
        "step_account": "Step 2 of 2",
        "title_code": "Enter your code",
        "lead_code": "Type the code from your chat to connect Codex to your ChatGPT subscription.",
        "label_code": "Code",
        "hint_code": "Four characters, a hyphen, five characters. Capital or small letters, both work.",
        "warning_title": "Only for a sign-in you asked for",
        "warning": "Enter a code only if you requested it yourself, just now. If someone sent it, stop.",
        "continue": "Continue",
        "title_account": "Connect Codex?",
        "lead_account": "You entered {code}.",
        "accounts": "Choose an account",
        "grants": "The app will be able to",
        "grant_models": "use the Codex models of this account's plan",
        "grant_profile": "see the e-mail address and the plan",
        "grant_stay": "stay signed in until you log out there",
        "approve": "Approve",
        "decline": "Decline",
        "no_codex": "This plan has no Codex",
        "sign_in_off": "Device code sign-in is off",
        "title_approved": "You are signed in",
        "approved": "Codex is now connected to {email}. Go back to your chat and say “done”.",
        "title_declined": "Sign-in declined",
        "declined": "Nothing was connected. You can close this page.",
        "close": "You can close this page.",
        "another": "Enter another code",
        "error_empty": "Enter the code from your chat.",
        "error_unknown": "We do not know this code. Compare it with your chat, letter by letter.",
        "error_expired": "This code has run out. Ask for a new one in your chat.",
        "error_used": "This code was already used. Ask for a new one in your chat if you still need it.",
        "error_declined": "This code was declined. Ask for a new one in your chat.",
        "error_no_account": "Choose an account first.",
        "error_sign_in_off": "{email} does not allow sign-in with a device code. Turn it on under ChatGPT → "
        "Settings → Security → device code authorization for Codex (in a workspace an admin does this), "
        "then ask for a new code. Or choose another account.",
    },
    "es": {
        "brand": "Proveedor local",
        "languages": "Idioma",
        "footer": "Un simulador en este equipo. Sus cuentas son inventadas y nada sale de la máquina.",
        "step_code": "Paso 1 de 2",
        "step_account": "Paso 2 de 2",
        "title_code": "Introduce tu código",
        "lead_code": "Escribe el código de tu chat para conectar Codex con tu suscripción de ChatGPT.",
        "label_code": "Código",
        "hint_code": "Cuatro caracteres, un guion, cinco caracteres. Da igual en mayúsculas que en minúsculas.",
        "warning_title": "Solo para un inicio de sesión que pediste tú",
        "warning": "Introduce un código solo si lo acabas de pedir tú. Si te lo envió otra persona, no sigas.",
        "continue": "Continuar",
        "title_account": "¿Conectar Codex?",
        "lead_account": "Has introducido {code}.",
        "accounts": "Elige una cuenta",
        "grants": "La aplicación podrá",
        "grant_models": "usar los modelos de Codex del plan de esta cuenta",
        "grant_profile": "ver el correo electrónico y el plan",
        "grant_stay": "mantener la sesión hasta que la cierres allí",
        "approve": "Aprobar",
        "decline": "Rechazar",
        "no_codex": "Este plan no incluye Codex",
        "sign_in_off": "El inicio de sesión con código está desactivado",
        "title_approved": "Has iniciado sesión",
        "approved": "Codex está conectado a {email}. Vuelve a tu chat y di «listo».",
        "title_declined": "Inicio de sesión rechazado",
        "declined": "No se ha conectado nada. Puedes cerrar esta página.",
        "close": "Puedes cerrar esta página.",
        "another": "Introducir otro código",
        "error_empty": "Introduce el código de tu chat.",
        "error_unknown": "No conocemos este código. Compáralo con tu chat, letra por letra.",
        "error_expired": "Este código ha caducado. Pide uno nuevo en tu chat.",
        "error_used": "Este código ya se usó. Si aún lo necesitas, pide uno nuevo en tu chat.",
        "error_declined": "Este código se rechazó. Pide uno nuevo en tu chat.",
        "error_no_account": "Elige primero una cuenta.",
        "error_sign_in_off": "{email} no permite iniciar sesión con un código. Actívalo en ChatGPT → Configuración → "
        "Seguridad → autorización de Codex con código de dispositivo (en un espacio de trabajo lo hace un "
        "administrador) y pide un código nuevo. O elige otra cuenta.",
    },
    "zh": {
        "brand": "本地模拟服务",
        "languages": "语言",
        "footer": "这是本机上的模拟服务，账户均为虚构，数据不会离开这台计算机。",
        "step_code": "第 1 步，共 2 步",
        "step_account": "第 2 步，共 2 步",
        "title_code": "输入验证码",
        "lead_code": "输入聊天中显示的验证码，将 Codex 连接到您的 ChatGPT 订阅。",
        "label_code": "验证码",
        "hint_code": "四个字符、一个连字符、五个字符，不区分大小写。",
        "warning_title": "仅用于您本人发起的登录",
        "warning": "只有刚刚由您本人请求的验证码才可以输入。如果是别人发给您的，请不要继续。",
        "continue": "继续",
        "title_account": "要连接 Codex 吗？",
        "lead_account": "您输入的验证码是 {code}。",
        "accounts": "选择账户",
        "grants": "该应用将可以",
        "grant_models": "使用此账户套餐中的 Codex 模型",
        "grant_profile": "查看邮箱地址和套餐",
        "grant_stay": "保持登录，直到您在应用中退出",
        "approve": "同意",
        "decline": "拒绝",
        "no_codex": "此套餐不含 Codex",
        "sign_in_off": "设备码登录已关闭",
        "title_approved": "登录成功",
        "approved": "Codex 已连接到 {email}。请回到聊天，并告诉它“完成了”。",
        "title_declined": "已拒绝登录",
        "declined": "没有连接任何账户。您可以关闭此页面。",
        "close": "您可以关闭此页面。",
        "another": "输入另一个验证码",
        "error_empty": "请输入聊天中显示的验证码。",
        "error_unknown": "没有这个验证码。请与聊天中显示的逐个字符核对。",
        "error_expired": "此验证码已过期。请在聊天中获取新的验证码。",
        "error_used": "此验证码已被使用。如仍需登录，请在聊天中获取新的验证码。",
        "error_declined": "此验证码已被拒绝。请在聊天中获取新的验证码。",
        "error_no_account": "请先选择一个账户。",
        "error_sign_in_off": "{email} 不允许使用设备码登录。请在 ChatGPT → 设置 → 安全 → Codex 设备码授权中"
        "开启（工作区由管理员开启），然后获取新的验证码；也可以选择其他账户。",
    },
}

NAMES = {"en": "English", "es": "Español", "zh": "中文"}
HTML_LANGUAGE = {"en": "en", "es": "es", "zh": "zh-Hans"}


def choose_language(asked: str, accepted: str) -> str:
    """The switch decides, then the browser (RFC 9110, section 12.5.4), then English."""
    if asked in WORDS:
        return asked
    ranked: list[tuple[float, str]] = []
    for part in accepted.split(","):
        tag, _, parameter = part.strip().partition(";")
        try:
            quality = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        ranked.append((quality, tag.lower().split("-")[0]))
    known = [(quality, tag) for quality, tag in ranked if tag in WORDS and quality > 0]
    return max(known, key=lambda pair: pair[0])[1] if known else "en"
