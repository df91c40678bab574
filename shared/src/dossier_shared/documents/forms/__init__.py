"""The forms an office hands out: what each says (`models`), its titles and labels (`forms.yaml`), how it is set (`rendering`).

01 receipt and appointment   02 supplement request   03 refusal   04 apology   05 stop   06 control slip   07 register

    pdf = render_form(Receipt(…), made_at)          one form
    pdf = render_forms([receipt, receipt], made_at)  one print run, its pages counted anew for each form

Belongs in: plain values and words. Never: a service's state; whoever prints says all there is to say.
"""
